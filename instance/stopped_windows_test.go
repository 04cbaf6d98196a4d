package instance

import (
	"testing"

	"golang.org/x/sys/windows"
)

var (
	ntdll            = windows.NewLazySystemDLL("ntdll.dll")
	ntSuspendProcess = ntdll.NewProc("NtSuspendProcess")
	ntResumeProcess  = ntdll.NewProc("NtResumeProcess")
)

func suspend(t *testing.T, p *process) { t.Helper(); control(t, p, ntSuspendProcess) }

func resume(t *testing.T, p *process) { t.Helper(); control(t, p, ntResumeProcess) }

func control(t *testing.T, p *process, call *windows.LazyProc) {
	t.Helper()
	const suspendResume = 0x800 // PROCESS_SUSPEND_RESUME
	h, err := windows.OpenProcess(suspendResume, false, uint32(p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = windows.CloseHandle(h) }()
	if status, _, _ := call.Call(uintptr(h)); status != 0 {
		t.Fatalf("%s: status %#x", call.Name, status)
	}
}

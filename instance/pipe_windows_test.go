package instance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

func TestA13_PipeIsOpenToThisUserAlone(t *testing.T) {
	p := mustClaim(t, t.TempDir())
	pipe, err := p.listener.open(0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = windows.CloseHandle(pipe) }()
	sd, err := windows.GetSecurityInfo(pipe, windows.SE_KERNEL_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := sd.DACL()
	if err != nil || dacl == nil || dacl.AceCount != 1 {
		t.Fatalf("the pipe has the access list %v (%v), want one entry", sd, err)
	}
	user := thisUser(t).String()
	if got := sd.String(); !strings.HasPrefix(got, "O:"+user) || !strings.HasSuffix(got, ";"+user+")") {
		t.Errorf("the pipe has the owner and access list %s, want %s in both", got, user)
	}
}

func TestA13_PipeThatAnotherProgramMadeFirstIsNotJoined(t *testing.T) {
	for name, instances := range map[string]uint32{"closed": 1, "open to be joined": windows.PIPE_UNLIMITED_INSTANCES} {
		t.Run(name, func(t *testing.T) {
			if instances != 1 && os.Getenv("AUTHKIT_WINE") != "" {
				t.Skip("Wine does not enforce FILE_FLAG_FIRST_PIPE_INSTANCE")
			}
			dir := t.TempDir()
			planted := plant(t, dir, instances)
			primary, err := claim(t, dir, "")
			if primary != nil || err == nil || !strings.Contains(err.Error(), "another program") {
				t.Fatalf("Claim returned %v", err)
			}
			_ = windows.CloseHandle(planted)
			mustClaim(t, dir)
		})
	}
}

// The other one must not have been told anything, whichever process made its pipe.
func TestA13_PipeOfAnotherOwnerIsToldNothing(t *testing.T) {
	dir := t.TempDir()
	access, err := windows.SecurityDescriptorFromString("O:BAD:P(A;;GA;;;WD)") // Administrators'
	if err != nil {
		t.Fatal(err)
	}
	planted := plantWith(t, dir, 1, access)
	defer func() { _ = windows.CloseHandle(planted) }()
	c, _, err := dial(t.Context(), filepath.Join(dir, testApp))
	if err == nil {
		_ = c.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "nothing was said") {
		t.Errorf("dial returned %v", err)
	}
}

func plant(t *testing.T, dir string, instances uint32) windows.Handle {
	t.Helper()
	return plantWith(t, dir, instances, nil)
}

func plantWith(t *testing.T, dir string, instances uint32, sd *windows.SECURITY_DESCRIPTOR) windows.Handle {
	t.Helper()
	name, err := pipeName(filepath.Join(dir, testApp), thisUser(t))
	if err != nil {
		t.Fatal(err)
	}
	access := &windows.SecurityAttributes{SecurityDescriptor: sd}
	access.Length = uint32(unsafe.Sizeof(*access))
	pipe, err := windows.CreateNamedPipe(name, windows.PIPE_ACCESS_DUPLEX, windows.PIPE_TYPE_BYTE, instances, 512, 512, 0, access)
	if err != nil {
		t.Fatal(err)
	}
	return pipe
}

func TestA13_ProcessThatCannotBeLookedAtIsRefused(t *testing.T) {
	if err := checkProcess(uint32(os.Getpid())); err != nil {
		t.Errorf("this process: %v", err)
	}
	if checkProcess(0) == nil {
		t.Error("the system's idle process was taken for one of this user")
	}
}

func TestPipesOfFoldersAndUsersDiffer(t *testing.T) {
	other, err := windows.StringToSid("S-1-5-18")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, user := range []*windows.SID{thisUser(t), other} {
		for _, dir := range []string{`C:\a`, `C:\b`} {
			name, err := pipeName(dir, user)
			if err != nil {
				t.Fatal(err)
			}
			seen[windows.UTF16PtrToString(name)] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("four pipes share the names %v", seen)
	}
}

func thisUser(t *testing.T) *windows.SID {
	t.Helper()
	user, err := processUser(windows.CurrentProcess())
	if err != nil {
		t.Fatal(err)
	}
	return user
}

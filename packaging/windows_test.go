//go:build linux

package main

import (
	"bytes"
	"debug/pe"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tc-hib/winres"
)

// windowsProgram builds a program that does nothing, on Windows.
func windowsProgram(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o600))
	program := filepath.Join(dir, "program.exe")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-o", program, "main.go")
	build.Dir, build.Env = dir, append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// testKey makes a key for this test, has everything signed with it, and gives the certificate to check that with.
func testKey(t *testing.T) (certificate string) {
	t.Helper()
	dir := t.TempDir()
	key, certificate, both, pass := filepath.Join(dir, "key.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "both.p12"), filepath.Join(dir, "pass")
	must(t, os.WriteFile(pass, []byte("test's own"), 0o600))
	output(t, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", "/CN=Test", "-addext", "extendedKeyUsage=codeSigning", "-keyout", key, "-out", certificate)
	output(t, "openssl", "pkcs12", "-export", "-in", certificate, "-inkey", key, "-passout", "file:"+pass, "-out", both)
	t.Setenv(keyVar, both)
	t.Setenv(passVar, pass)
	return certificate
}

// verified asks osslsigncode whether a program is signed with the key of the certificate, and as it was.
func verified(t *testing.T, program, certificate string) (ok bool, words string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "osslsigncode", "verify", "-CAfile", certificate, "-in", program).CombinedOutput()
	return err == nil, string(out)
}

func TestInstallerIsSignedAndTamperingIsNoticed(t *testing.T) {
	program, certificate := windowsProgram(t), testKey(t)
	out := t.TempDir()
	must(t, run(t.Context(), []string{"-app", example, "-out", out, "-binary", program, "windows"}))
	installer := the(t, out, "*-setup.exe")
	if ok, words := verified(t, installer, certificate); !ok {
		t.Errorf("the installer is not signed:\n%s", words)
	}
	content, err := os.ReadFile(installer)
	must(t, err)
	content[len(content)/2] ^= 1
	tampered := filepath.Join(t.TempDir(), "tampered.exe")
	must(t, os.WriteFile(tampered, content, 0o600))
	if ok, words := verified(t, tampered, certificate); ok {
		t.Errorf("one changed bit is not noticed:\n%s", words)
	}

	t.Setenv(keyVar, "")
	unsigned := t.TempDir()
	must(t, run(t.Context(), []string{"-app", example, "-out", unsigned, "-binary", program, "windows"}))
	if ok, words := verified(t, the(t, unsigned, "*-setup.exe"), certificate); ok || !strings.Contains(words, "No signature found") {
		t.Errorf("without a key the installer counts as signed:\n%s", words)
	}
}

// A key that cannot be used must not give an unsigned release.
func TestWrongKeyStopsTheRelease(t *testing.T) {
	t.Setenv(keyVar, filepath.Join(t.TempDir(), "nowhere.p12"))
	out := t.TempDir()
	err := run(t.Context(), []string{"-app", example, "-out", out, "-binary", windowsProgram(t), "windows"})
	if err == nil || !strings.Contains(err.Error(), "is not signed") {
		t.Errorf("windows = %v", err)
	}
	if left := below(t, out); slices.ContainsFunc(left, func(name string) bool { return strings.HasSuffix(name, ".exe") }) {
		t.Errorf("there is an installer: %v", left)
	}
}

func TestProgramForWindowsHasIconVersionAndManifest(t *testing.T) {
	a, program := loaded(t, example), windowsProgram(t)
	must(t, a.describe(t.Context(), program))
	file, err := os.Open(program)
	must(t, err)
	defer file.Close()
	if _, err := pe.NewFile(file); err != nil {
		t.Fatal(err)
	}
	resources, err := winres.LoadFromEXE(file)
	must(t, err)
	if _, err := resources.GetIcon(iconID); err != nil {
		t.Error(err)
	}
	var manifest string
	kinds := 0
	resources.Walk(func(kind, _ winres.Identifier, _ uint16, data []byte) bool {
		switch kind {
		case winres.RT_MANIFEST:
			manifest = string(data)
			kinds++
		case winres.RT_VERSION:
			kinds++
		}
		return true
	})
	if kinds != 2 {
		t.Errorf("%d of version and manifest are there", kinds)
	}
	for _, words := range []string{"asInvoker", "longPathAware", "PerMonitorV2", a.ID} {
		if !strings.Contains(strings.ToLower(manifest), strings.ToLower(words)) {
			t.Errorf("the manifest does not say %s:\n%s", words, manifest)
		}
	}
}

// NSIS kept the dates of the files that it packed, which were those of the build.
func TestSameSourcesGiveTheSameInstaller(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	program := windowsProgram(t)
	var installers [2][]byte
	for i := range installers {
		out := t.TempDir()
		must(t, run(t.Context(), []string{"-app", example2(t, nil), "-out", out, "-binary", program, "windows"}))
		content, err := os.ReadFile(the(t, out, "*-setup.exe"))
		must(t, err)
		installers[i] = content
	}
	if !bytes.Equal(installers[0], installers[1]) {
		t.Error("two installers of the same sources differ")
	}
}

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tc-hib/winres"
	"github.com/tc-hib/winres/version"

	"github.com/authkit-desktop/authkit/deeplink"
)

// windows makes the installer. The program, the installer and the uninstaller in it are signed, each when it is complete.
func (j *job) windows(ctx context.Context) error {
	if _, err := exec.LookPath("makensis"); err != nil {
		return fmt.Errorf("NSIS makes the installer; install the package nsis: %w", err)
	}
	temp, err := os.MkdirTemp("", "packaging")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	parts, err := j.parts(ctx, windowsTarget)
	if err != nil {
		return err
	}
	licenses := j.app.licenses(parts)
	program := filepath.Join(temp, j.app.Package+".exe")
	if err := j.program(ctx, windowsTarget, program, licenses); err != nil {
		return err
	}
	if err := j.app.describe(ctx, program); err != nil {
		return err
	}
	if err := sign(ctx, program); err != nil {
		return err
	}
	// Windows' own editor showed only one line of a text without carriage returns until 2018.
	text := bytes.ReplaceAll(licenses, []byte("\n"), []byte("\r\n"))
	if err := os.WriteFile(filepath.Join(temp, "licenses.txt"), text, 0o600); err != nil {
		return err
	}
	if err := j.installer(ctx, temp); err != nil {
		return err
	}
	return j.listParts(windowsTarget, parts)
}

// iconID is where Wails looks for the icon of its windows.
const iconID = winres.ID(3)

// describe puts the icon, the version and the manifest into a program.
func (a app) describe(ctx context.Context, program string) error {
	resources := &winres.ResourceSet{}
	icon, err := a.ico(ctx)
	if err != nil {
		return err
	}
	if err := resources.SetIcon(iconID, icon); err != nil {
		return err
	}
	resources.SetManifest(winres.AppManifest{
		Identity:            winres.AssemblyIdentity{Name: a.ID, Version: a.fourNumbers()},
		Description:         a.Summary,
		Compatibility:       winres.Win10AndAbove,
		ExecutionLevel:      winres.AsInvoker,
		DPIAwareness:        winres.DPIPerMonitorV2,
		LongPathAware:       true,
		UseCommonControlsV6: true,
	})
	info := version.Info{FileVersion: a.fourNumbers(), ProductVersion: a.fourNumbers(), Timestamp: a.date}
	for key, text := range map[string]string{
		version.ProductName: a.Name, version.FileDescription: a.Name, version.CompanyName: a.Publisher, version.ProductVersion: a.Version,
		version.FileVersion: a.Version, version.InternalName: a.Package, version.OriginalFilename: a.Package + ".exe",
		version.LegalCopyright: a.Publisher + ", " + a.License,
	} {
		if err := info.Set(version.LangDefault, key, text); err != nil {
			return err
		}
	}
	resources.SetVersionInfo(info)
	plain, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	var described bytes.Buffer
	if err := resources.WriteToEXE(&described, bytes.NewReader(plain), winres.ForceCheckSum()); err != nil {
		return fmt.Errorf("the icon and the version cannot be put into %s: %w", program, err)
	}
	return os.WriteFile(program, described.Bytes(), 0o755) //nolint:gosec // a program
}

// fourNumbers is the version as Windows compares it; it knows no pre-releases.
func (a app) fourNumbers() (four [4]uint16) {
	for i, number := range strings.Split(a.numbers(), ".") {
		n, _ := strconv.ParseUint(number, 10, 16)
		four[i] = uint16(n)
	}
	return four
}

// installer runs NSIS. The uninstaller exists only while NSIS runs, so NSIS calls what signs it.
func (j *job) installer(ctx context.Context, temp string) error {
	script, err := templates.ReadFile("templates/windows/installer.nsi")
	if err != nil {
		return err
	}
	icon, err := j.app.ico(ctx)
	if err != nil {
		return err
	}
	var ico bytes.Buffer
	if err := icon.SaveICO(&ico); err != nil {
		return err
	}
	for name, content := range map[string][]byte{"installer.nsi": script, "app.ico": ico.Bytes()} {
		if err := os.WriteFile(filepath.Join(temp, name), content, 0o600); err != nil {
			return err
		}
	}
	name := fmt.Sprintf("%s-%s-%s-setup.exe", j.app.Package, j.app.Version, windowsTarget)
	four := j.app.fourNumbers()
	args := []string{"-V2", "-WX", "-INPUTCHARSET", "UTF8"}
	for key, value := range map[string]string{
		"ID": j.app.ID, "NAME": j.app.Name, "PACKAGE": j.app.Package, "SCHEME": j.app.Scheme, "VERSION": j.app.Version, "MARKER": deeplink.Marker,
		"PUBLISHER": j.app.Publisher, "HOMEPAGE": j.app.Homepage, "FOUR": fmt.Sprintf("%d.%d.%d.%d", four[0], four[1], four[2], four[3]),
		"OUTPUT": filepath.Join(j.out, name), "SIGN": signCommand(),
	} {
		args = append(args, "-D"+key+"="+value)
	}
	if err := j.date(temp); err != nil {
		return err
	}
	env := append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", j.app.date.Unix()))
	if _, err := command(ctx, temp, env, "makensis", append(args, "installer.nsi")...); err != nil {
		return err
	}
	if err := sign(ctx, filepath.Join(j.out, name)); err != nil {
		return err
	}
	return j.made(name)
}

// date gives the files in a folder the date of the sources, as NSIS keeps the dates of what it packs.
func (j *job) date(folder string) error {
	files, err := os.ReadDir(folder)
	for _, file := range files {
		err = errors.Join(err, os.Chtimes(filepath.Join(folder, file.Name()), j.app.date, j.app.date))
	}
	return err
}

// The key that programs for Windows are signed with. Without the first, nothing is signed.
const (
	keyVar       = "WINDOWS_SIGN_PKCS12"        // a file with the certificate and its key
	passVar      = "WINDOWS_SIGN_PASSWORD_FILE" // a file with its password, so that no process list shows it
	timestampVar = "WINDOWS_SIGN_TIMESTAMP_URL" // whose word it is that the certificate was valid on the day
)

// signArgs are those of osslsigncode, without the files.
func signArgs() []string {
	args := []string{"sign", "-h", "sha256", "-pkcs12", os.Getenv(keyVar)}
	if pass := os.Getenv(passVar); pass != "" {
		args = append(args, "-readpass", pass)
	}
	if url := os.Getenv(timestampVar); url != "" {
		args = append(args, "-ts", url)
	}
	return args
}

func sign(ctx context.Context, file string) error {
	if os.Getenv(keyVar) == "" {
		return nil
	}
	signed := file + ".signed"
	if _, err := command(ctx, "", nil, "osslsigncode", append(signArgs(), "-in", file, "-out", signed)...); err != nil {
		return fmt.Errorf("%s is not signed: %w", filepath.Base(file), err)
	}
	return os.Rename(signed, file)
}

// signCommand is sign, for NSIS to call with the uninstaller in the place of %1.
func signCommand() string {
	if os.Getenv(keyVar) == "" {
		return "true" // which takes any argument
	}
	words := []string{"osslsigncode"}
	for _, arg := range signArgs() {
		words = append(words, cmp.Or("'"+strings.ReplaceAll(arg, "'", `'\''`)+"'", "''"))
	}
	return strings.Join(words, " ") + " -in '%1' -out '%1.signed' >&2 && mv '%1.signed' '%1'"
}

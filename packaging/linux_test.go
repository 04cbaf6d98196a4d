//go:build linux

package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"

	"github.com/authkit-desktop/authkit/deeplink"
)

// anyProgram stands in for the app where only the package around it matters; the long test packs the app.
const anyProgram = "/bin/true"

// packed makes the packages of a folder with an app.json, and gives the folder that they are in.
func packed(t *testing.T, dir string) string {
	t.Helper()
	out := t.TempDir()
	must(t, run(t.Context(), []string{"-app", dir, "-out", out, "-binary", anyProgram, "linux"}))
	return out
}

func the(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("%d files match %s: %v", len(found), pattern, found)
	}
	return found[0]
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// below lists the files under a folder, by their paths in it.
func below(t *testing.T, dir string) (list []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			list = append(list, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	}))
	return list
}

func TestPackagesHoldTheSameFiles(t *testing.T) {
	out := packed(t, example)
	deb, archive := filepath.Join(t.TempDir(), "deb"), t.TempDir()
	output(t, "dpkg-deb", "--extract", the(t, out, "*.deb"), deb)
	output(t, "tar", "-xzf", the(t, out, "*.tar.gz"), "-C", archive, "--strip-components=1")
	inDeb, inArchive := below(t, filepath.Join(deb, "usr")), below(t, archive)
	inArchive = slices.DeleteFunc(inArchive, func(path string) bool { return path == "install.sh" })
	if !slices.Equal(inDeb, inArchive) {
		t.Errorf("the deb has\n%v\nthe archive has\n%v", inDeb, inArchive)
	}
	var inRPM []string
	for path := range strings.FieldsSeq(output(t, "rpm", "-qpl", the(t, out, "*.rpm"))) {
		if path == "/usr/share/doc/"+loaded(t, example).Package {
			continue // its own folder
		}
		inRPM = append(inRPM, strings.TrimPrefix(path, "/usr/"))
	}
	if slices.Sort(inRPM); !slices.Equal(slices.Sorted(slices.Values(inDeb)), inRPM) {
		t.Errorf("the deb has\n%v\nthe rpm has\n%v", inDeb, inRPM)
	}
}

func TestDesktopAndSoftwareCentersAcceptTheEntries(t *testing.T) {
	tree := t.TempDir()
	output(t, "dpkg-deb", "--extract", the(t, packed(t, example), "*.deb"), tree)
	if said := output(t, "desktop-file-validate", the(t, tree, "usr/share/applications/*")); said != "" {
		t.Error(said) // hints, too
	}
	output(t, "appstreamcli", "validate", "--no-net", the(t, tree, "usr/share/metainfo/*"))
}

// The rules of rpm and dpkg for versions and scripts are theirs, so they are asked.
func TestPackageManagersReadThePackages(t *testing.T) {
	dir := example2(t, map[string]any{"version": "1.2.3-beta.1"})
	out := packed(t, dir)
	if got := output(t, "dpkg-deb", "--field", the(t, out, "*.deb"), "Version"); got != "1.2.3~beta.1-1\n" {
		t.Errorf("the deb's version is %q", got)
	}
	if got := output(t, "rpm", "-qp", "--qf", "%{version} %{buildhost}", the(t, out, "*.rpm")); got != "1.2.3~beta.1 localhost" {
		t.Errorf("the rpm says %q", got)
	}
	control := t.TempDir()
	output(t, "dpkg-deb", "--control", the(t, out, "*.deb"), control)
	output(t, "shellcheck", filepath.Join(control, "postinst"), filepath.Join(control, "prerm"), filepath.Join(control, "postrm"))
}

// example2 is the example's app.json, icon and page in a folder of their own, with some fields changed.
func example2(t *testing.T, change map[string]any) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(filepath.Join(dir, "frontend", "public"), os.DirFS(filepath.Join(example, "frontend", "public"))))
	for name, content := range map[string]string{
		"go.mod": "module example\n", "main.go": "package main\n\nfunc main() {}\n", "frontend/package-lock.json": "{}",
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	fields := map[string]any{}
	content, err := os.ReadFile(filepath.Join(example, "app.json"))
	must(t, err)
	must(t, json.Unmarshal(content, &fields))
	maps.Copy(fields, change)
	content, err = json.Marshal(fields)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "app.json"), content, 0o600))
	return dir
}

// The whole life of the archive, and what package deeplink makes of it: an installed app registers nothing at run time.
func TestInstalledFromTheArchiveTheAppOwnsItsScheme(t *testing.T) {
	archive, prefix, home := t.TempDir(), t.TempDir(), t.TempDir()
	output(t, "tar", "-xzf", the(t, packed(t, example), "*.tar.gz"), "-C", archive, "--strip-components=1")
	output(t, "shellcheck", filepath.Join(archive, "install.sh"))
	before := filepath.Join(prefix, "share", "doc", "other", "copyright")
	must(t, os.MkdirAll(filepath.Dir(before), 0o700))
	must(t, os.WriteFile(before, []byte("another program's"), 0o600))
	output(t, filepath.Join(archive, "install.sh"), prefix)

	for variable, folder := range map[string]string{"HOME": home, "XDG_DATA_HOME": home + "/data", "XDG_CONFIG_HOME": home + "/config", "XDG_DATA_DIRS": prefix + "/share", "XDG_CURRENT_DESKTOP": ""} {
		t.Setenv(variable, folder)
	}
	a := loaded(t, example)
	config := deeplink.Config{Scheme: a.Scheme, AppID: a.ID, AppName: a.Name, Executable: filepath.Join(prefix, "bin", a.Package)}
	status, err := deeplink.Inspect(t.Context(), config)
	if err != nil || !status.Ours || !status.Delivers {
		t.Errorf("Inspect = %+v, %v", status, err)
	}
	changed, err := deeplink.Register(t.Context(), config)
	if err != nil || changed || len(below(t, home)) > 0 {
		t.Errorf("Register = %v, %v; the person's folder has %v, want nothing", changed, err, below(t, home))
	}

	output(t, filepath.Join(archive, "install.sh"), "--uninstall", prefix)
	if left := below(t, prefix); !slices.Equal(left, []string{"share/doc/other/copyright"}) {
		t.Errorf("after the removal there are %v, want what was there before", left)
	}
}

func TestArchiveRefusesAFolderThatDesktopsCannotStartFrom(t *testing.T) {
	archive, prefix := t.TempDir(), filepath.Join(t.TempDir(), "with space")
	output(t, "tar", "-xzf", the(t, packed(t, example), "*.tar.gz"), "-C", archive, "--strip-components=1")
	said, err := exec.CommandContext(t.Context(), filepath.Join(archive, "install.sh"), prefix).CombinedOutput()
	if err == nil || !strings.Contains(string(said), "cannot be used") {
		t.Errorf("install.sh = %v, %s", err, said)
	}
	if left := below(t, filepath.Dir(prefix)); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

func TestSameSourcesGiveTheSamePackages(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	first, second := packed(t, example2(t, nil)), packed(t, example2(t, nil))
	for _, name := range below(t, first) {
		a, err := os.ReadFile(filepath.Join(first, name))
		must(t, err)
		b, err := os.ReadFile(filepath.Join(second, name))
		must(t, err)
		if !bytes.Equal(a, b) {
			t.Errorf("%s comes out differently", name)
		}
	}
	if got, want := len(below(t, first)), 4; got != want {
		t.Errorf("%d files, want %d: %v", got, want, below(t, first))
	}
}

func TestListOfPartsIsWhatTheProgramWasBuiltFrom(t *testing.T) {
	parts, err := loaded(t, example).goParts(t.Context(), target{"linux", "amd64", "server", ""})
	must(t, err)
	program := filepath.Join(t.TempDir(), "app")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "server", "-o", program, ".")
	build.Dir, build.Env = example, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := buildinfo.ReadFile(program)
	must(t, err)
	want := []string{"std " + strings.TrimPrefix(info.GoVersion, "go")}
	for _, module := range info.Deps {
		want = append(want, module.Path+" "+module.Version)
	}
	var got []string
	for _, p := range parts {
		got = append(got, p.name+" "+p.version)
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("the list has\n%v\nthe program has\n%v", got, want)
	}
}

func TestListOfPartsNamesEachWithItsLicense(t *testing.T) {
	file, err := os.Open(the(t, packed(t, example), "*.cdx.json"))
	must(t, err)
	defer file.Close()
	var bom cyclonedx.BOM
	must(t, cyclonedx.NewBOMDecoder(file, cyclonedx.BOMFileFormatJSON).Decode(&bom))
	licenses := map[string]string{}
	for _, c := range *bom.Components {
		if c.Licenses == nil || len(*c.Licenses) != 1 || (*c.Licenses)[0].Expression == "" {
			t.Errorf("%s has no license", c.PackageURL)
			continue
		}
		licenses[strings.Split(c.PackageURL, "@")[0]] = (*c.Licenses)[0].Expression
	}
	for url, want := range map[string]string{"pkg:golang/std": "BSD-3-Clause", "pkg:golang/github.com/wailsapp/wails/v3": "MIT", "pkg:npm/react": "MIT", "pkg:golang/github.com/go-jose/go-jose/v4": "Apache-2.0"} {
		if licenses[url] != want {
			t.Errorf("%s: license %q, want %q", url, licenses[url], want)
		}
	}
	if licenses["pkg:npm/vite"] != "" {
		t.Error("the list has what is needed for development only")
	}
}

func TestPartWithoutAKnownLicenseStopsTheRelease(t *testing.T) {
	for text, want := range map[string]string{"": "has no license", "All rights reserved.": "nobody here knows"} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "LICENSE"), []byte(text), 0o600))
		if _, err := readPart(part{name: "example.com/x", version: "v1.0.0"}, dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("license %q: %v, want %q", text, err, want)
		}
	}
}

func TestEveryMistakeInTheConfigurationIsNamedAtOnce(t *testing.T) {
	dir := example2(t, map[string]any{
		"id": "notes", "name": "No\"tes", "package": "My Notes", "scheme": "https", "version": "1", "summary": "", "keywords": []string{},
		"maintainer": "nobody", "homepage": "ftp://example.com", "license": "", "icon": "icon.png",
	})
	_, err := load(t.Context(), dir)
	for field := range strings.FieldsSeq("id name package scheme version summary keywords maintainer homepage license icon") {
		if !strings.Contains(fmt.Sprint(err), "  "+field+": ") {
			t.Errorf("nothing is said of %s:\n%v", field, err)
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "app.json"), []byte(`{"title": "Notes"}`), 0o600))
	if _, err := load(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "title") {
		t.Errorf("an unknown field: %v", err)
	}
}

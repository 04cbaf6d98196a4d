package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/xml"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // the formats that nfpm is to know
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"

	"github.com/authkit-desktop/authkit/deeplink"
)

//go:embed templates
var templates embed.FS

// linux makes the packages of one tree of files.
func (j *job) linux(ctx context.Context) error {
	tree, err := os.MkdirTemp("", "packaging")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tree)
	parts, err := j.parts(ctx, linuxTarget)
	if err != nil {
		return err
	}
	if err := j.plant(ctx, tree, parts); err != nil {
		return err
	}
	if err := j.archive(filepath.Join(tree, "usr")); err != nil {
		return err
	}
	if err := j.appImage(ctx, tree); err != nil {
		return err
	}
	needs, err := needsOf(filepath.Join(tree, "usr", "bin", j.app.Package))
	if err != nil {
		return err
	}
	for _, format := range []string{"deb", "rpm"} {
		if err := j.pack(format, tree, needs); err != nil {
			return fmt.Errorf("the %s: %w", format, err)
		}
	}
	return j.listParts(linuxTarget, parts)
}

// plant lays out what is installed, under the paths that it is installed to.
func (j *job) plant(ctx context.Context, tree string, parts []part) error {
	a := j.app
	licenses := a.licenses(parts)
	texts := map[string][]byte{"usr/share/doc/" + a.Package + "/copyright": licenses}
	for path, name := range map[string]string{
		"usr/share/applications/" + a.ID + ".desktop":  "app.desktop",
		"usr/share/metainfo/" + a.ID + ".metainfo.xml": "app.metainfo.xml",
	} {
		text, err := a.fill("linux/" + name)
		if err != nil {
			return err
		}
		texts[path] = text
	}
	var err error
	if texts["usr/share/icons/hicolor/scalable/apps/"+a.ID+".svg"], err = a.svg(); err != nil {
		return err
	}
	for _, size := range []int{16, 22, 24, 32, 48, 64, 96, 128, 256, 512} {
		path := fmt.Sprintf("usr/share/icons/hicolor/%dx%d/apps/%s.png", size, size, a.ID)
		if texts[path], err = a.png(ctx, size); err != nil {
			return err
		}
	}
	for path, text := range texts {
		path = filepath.Join(tree, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // everybody may read what is installed
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // everybody may read what is installed
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(tree, "usr", "bin"), 0o755); err != nil { //nolint:gosec // everybody may read what is installed
		return err
	}
	return j.program(ctx, linuxTarget, filepath.Join(tree, "usr", "bin", a.Package), licenses)
}

// filled is what templates may use beside the fields of app.json.
type filled struct {
	app
	Marker string // before the link on the command line
	Date   string
}

func (a app) fill(name string) ([]byte, error) {
	t, err := template.New(filepath.Base(name)).Option("missingkey=error").
		Funcs(template.FuncMap{"list": func(words []string) string { return strings.Join(words, ";") + ";" }, "xml": escapeXML}).
		ParseFS(templates, "templates/"+name)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = t.Execute(&text, filled{a, deeplink.Marker, a.date.Format(time.DateOnly)})
	return text.Bytes(), err
}

func escapeXML(text string) (string, error) {
	var out bytes.Buffer
	err := xml.EscapeText(&out, []byte(text))
	return out.String(), err
}

// pack makes one package. The scripts are the same for both: dpkg calls them with a word, rpm with a number.
func (j *job) pack(format, tree string, needs needs) error {
	scripts, err := os.MkdirTemp("", "packaging")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scripts)
	for _, name := range []string{"refresh.sh", "end.sh"} {
		text, err := j.app.fill("linux/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(scripts, name), text, 0o600); err != nil {
			return err
		}
	}
	contents, err := j.contents(tree)
	if err != nil {
		return err
	}
	refresh := filepath.Join(scripts, "refresh.sh")
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: j.app.Package, Arch: linuxTarget.arch, Platform: "linux", Version: j.app.Version, Release: "1", Section: "net", Priority: "optional",
		Maintainer: j.app.Maintainer, Vendor: j.app.Publisher, Homepage: j.app.Homepage, License: j.app.License,
		Description: j.app.Summary + "\n" + wrap(j.app.Description, 76), MTime: j.app.date,
		Overridables: nfpm.Overridables{
			Contents: contents, Depends: needs.of(format),
			Scripts: nfpm.Scripts{PostInstall: refresh, PreRemove: filepath.Join(scripts, "end.sh"), PostRemove: refresh},
			RPM:     nfpm.RPM{Summary: j.app.Summary, BuildHost: "localhost", Packager: j.app.Maintainer}, // not this machine's name
			Deb:     nfpm.Deb{Compression: "xz"},
		},
	})
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	name := packager.ConventionalFileName(info)
	file, err := os.Create(filepath.Join(j.out, name))
	if err != nil {
		return err
	}
	if err := packager.Package(info, file); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return j.made(name)
}

func (j *job) contents(tree string) (files.Contents, error) {
	// dpkg removes a folder with the last file in it, rpm only one that a package owns.
	own := &files.Content{Destination: "/usr/share/doc/" + j.app.Package, Type: files.TypeDir, Packager: "rpm",
		FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: fs.ModeDir | 0o755, MTime: j.app.date}}
	contents := files.Contents{own}
	err := filepath.WalkDir(tree, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		contents = append(contents, &files.Content{Source: path, Destination: strings.TrimPrefix(path, tree),
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: info.Mode(), MTime: j.app.date}})
		return nil
	})
	return contents, err
}

// wrap breaks a text into lines.
func wrap(text string, width int) string {
	var out strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case column == 0:
		case column+1+len(word) > width:
			out.WriteByte('\n')
			column = 0
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += len(word)
	}
	return out.String()
}

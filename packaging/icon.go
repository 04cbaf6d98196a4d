package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/tc-hib/winres"
)

// icon writes the picture that the app's own windows show.
func (j *job) icon(ctx context.Context) error {
	file := filepath.Join(j.app.dir, "icon.png")
	content, err := j.app.png(ctx, windowIconSize)
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644) //nolint:gosec // no secret
}

const windowIconSize = 256

func (a app) svg() ([]byte, error) { return os.ReadFile(filepath.Join(a.dir, a.Icon)) }

// png draws the icon with librsvg, the renderer of the Linux desktops. Those that are written in Go leave parts of an SVG out
// without a word: the round corners of a rectangle, for one.
func (a app) png(ctx context.Context, size int) ([]byte, error) {
	side := strconv.Itoa(size)
	drawn, err := command(ctx, a.dir, nil, "rsvg-convert", "--width", side, "--height", side, a.Icon)
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("the icon is drawn by rsvg-convert; install the package librsvg2-bin, on a Mac librsvg: %w", err)
	}
	return drawn, err
}

// ico is the icon of Windows, every size drawn for itself.
func (a app) ico(ctx context.Context) (*winres.Icon, error) {
	var images []image.Image
	for _, size := range []int{16, 20, 24, 32, 40, 48, 64, 128, 256} {
		drawn, err := a.png(ctx, size)
		if err != nil {
			return nil, err
		}
		picture, err := png.Decode(bytes.NewReader(drawn))
		if err != nil {
			return nil, err
		}
		images = append(images, picture)
	}
	return winres.NewIconFromImages(images)
}

// icnsKinds are the elements of an Apple icon file that hold a PNG. The second of a size is the one for screens with twice
// the density.
var icnsKinds = []struct {
	kind string
	size int
}{
	{"icp4", 16}, {"ic11", 32}, {"icp5", 32}, {"ic12", 64}, {"ic07", 128}, {"ic13", 256}, {"ic08", 256}, {"ic14", 512}, {"ic09", 512}, {"ic10", 1024},
}

// icns is the icon of macOS: a header, then elements, each a kind of four letters, its length and a PNG.
func (a app) icns(ctx context.Context) ([]byte, error) {
	var body bytes.Buffer
	for _, element := range icnsKinds {
		content, err := a.png(ctx, element.size)
		if err != nil {
			return nil, err
		}
		writeElement(&body, element.kind, content)
	}
	var file bytes.Buffer
	writeElement(&file, "icns", body.Bytes())
	return file.Bytes(), nil
}

func writeElement(to *bytes.Buffer, kind string, content []byte) {
	to.WriteString(kind)
	to.Write(binary.BigEndian.AppendUint32(nil, uint32(8+len(content))))
	to.Write(content)
}

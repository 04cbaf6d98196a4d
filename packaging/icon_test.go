package main

import (
	"bytes"
	"encoding/binary"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tc-hib/winres"
)

const example = "../example"

func loaded(t *testing.T, dir string) app {
	t.Helper()
	a, err := load(t.Context(), dir)
	must(t, err)
	return a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A renderer that gives up half-way leaves an empty picture; one that knows no round corners fills the whole square.
func TestIconIsDrawnInEverySize(t *testing.T) {
	a := loaded(t, example)
	for _, size := range []int{16, 22, 512, 1024} {
		content, err := a.png(t.Context(), size)
		must(t, err)
		picture, err := png.Decode(bytes.NewReader(content))
		must(t, err)
		if got := picture.Bounds().Dx(); got != size || picture.Bounds().Dy() != size {
			t.Errorf("%d pixels are asked for, %d drawn", size, got)
		}
		_, _, _, middle := picture.At(size/2, size/2).RGBA()
		_, _, _, corner := picture.At(0, 0).RGBA()
		if middle != 0xffff || corner != 0 {
			t.Errorf("in size %d the middle has the opacity %x and the corner %x, want all and none", size, middle, corner)
		}
	}
}

func TestWindowIconIsTheDrawnOne(t *testing.T) {
	drawn, err := loaded(t, example).png(t.Context(), windowIconSize)
	must(t, err)
	kept, err := os.ReadFile(filepath.Join(example, "icon.png"))
	must(t, err)
	want, err := png.Decode(bytes.NewReader(drawn))
	must(t, err)
	got, err := png.Decode(bytes.NewReader(kept))
	must(t, err)
	// Not the bytes: another version of the renderer may smooth an edge differently.
	if got.Bounds() != want.Bounds() || got.At(128, 30) != want.At(128, 30) || got.At(128, 130) != want.At(128, 130) {
		t.Error("example/icon.png is not the icon any more; run: go run -C packaging . icon")
	}
}

func TestWindowsIconHasEverySizeThatTheShellAsksFor(t *testing.T) {
	icon, err := loaded(t, example).ico(t.Context())
	must(t, err)
	var file bytes.Buffer
	must(t, icon.SaveICO(&file))
	if _, err := winres.LoadICO(bytes.NewReader(file.Bytes())); err != nil {
		t.Fatal(err)
	}
	var sizes []int // a width of 0 stands for 256
	for i := range int(binary.LittleEndian.Uint16(file.Bytes()[4:])) {
		sizes = append(sizes, int(file.Bytes()[6+16*i]))
	}
	for _, size := range []int{16, 24, 32, 48, 0} {
		if !slices.Contains(sizes, size) {
			t.Errorf("no picture is %d wide: %v", size, sizes)
		}
	}
}

func TestMacIconHoldsAPictureOfEachSize(t *testing.T) {
	file, err := loaded(t, example).icns(t.Context())
	must(t, err)
	if string(file[:4]) != "icns" || int(binary.BigEndian.Uint32(file[4:])) != len(file) {
		t.Fatalf("the file begins with %q", file[:8])
	}
	found := 0
	for rest := file[8:]; len(rest) > 0; found++ {
		length := int(binary.BigEndian.Uint32(rest[4:]))
		picture, err := png.DecodeConfig(bytes.NewReader(rest[8:length]))
		must(t, err)
		if want := icnsKinds[found]; string(rest[:4]) != want.kind || picture.Width != want.size {
			t.Errorf("element %q is %d wide, want %v", rest[:4], picture.Width, want)
		}
		rest = rest[length:]
	}
	if found != len(icnsKinds) {
		t.Errorf("%d pictures, want %d", found, len(icnsKinds))
	}
}

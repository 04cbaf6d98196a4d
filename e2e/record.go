//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"time"
)

// Record keeps a picture of the display in out/frames whenever it has changed, named by the milliseconds since the beginning,
// until stop is called. It does nothing unless E2E_FRAMES is set: pictures cost time, and a test should take none.
func (d *Desktop) Record() (stop func()) {
	if os.Getenv("E2E_FRAMES") == "" {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		var before []byte
		begun := time.Now()
		for again := time.NewTicker(120 * time.Millisecond); ; {
			now, err := d.Command("import", "-silent", "-window", "root", "-depth", "8", "rgb:-").Output()
			if err == nil && differ(now, before) {
				before = now
				d.keepFrame(fmt.Sprintf("frames/%06d", time.Since(begun).Milliseconds()), now)
			}
			select {
			case <-again.C:
			case <-done:
				again.Stop()
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

// differ tells whether more has changed than a text cursor that blinks.
func differ(now, before []byte) bool {
	const cursor = 3 * 14 // pixels
	changed := 0
	for i := 0; i+3 <= len(now) && len(now) == len(before) && changed <= cursor; i += 3 {
		if !bytes.Equal(now[i:i+3], before[i:i+3]) {
			changed++
		}
	}
	return changed > cursor || len(now) != len(before)
}

func (d *Desktop) keepFrame(name string, rgb []byte) {
	picture := image.NewRGBA(image.Rect(0, 0, displayWidth, displayHeight))
	for i := range displayWidth * displayHeight {
		copy(picture.Pix[4*i:], rgb[3*i:3*i+3])
		picture.Pix[4*i+3] = 0xff
	}
	path := d.out(name)
	if os.MkdirAll(filepath.Dir(path), 0o750) != nil {
		return
	}
	if file, err := os.Create(path); err == nil {
		defer file.Close()
		_ = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(file, picture)
	}
}

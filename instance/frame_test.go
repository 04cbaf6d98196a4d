package instance

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func FuzzA13_ReadMessage(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte(greeting))
	f.Add(encodeMessage(""))
	f.Add(encodeMessage("com.example.notes://callback?code=1&state=2"))
	f.Add(append(encodeMessage("one"), "and more"...))
	f.Add([]byte(greeting + "\xff\xff\xff\xff"))
	f.Add([]byte(greeting + "\x00\x01\x00\x00short"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		message, err := readMessage(bytes.NewReader(sent))
		if err != nil {
			return
		}
		if len(message) > MaxMessage {
			t.Fatalf("a message of %d bytes was accepted", len(message))
		}
		if !bytes.HasPrefix(sent, encodeMessage(message)) {
			t.Fatalf("%q was read as %q", sent, message)
		}
	})
}

func TestMessageMayComeInAnyPieces(t *testing.T) {
	want := strings.Repeat("piece", 100)
	got, err := readMessage(iotest.OneByteReader(bytes.NewReader(encodeMessage(want))))
	if err != nil || got != want {
		t.Errorf("got %.40q, %v", got, err)
	}
}

func TestA13_ClaimedSizeIsCheckedBeforeMemoryIsTaken(t *testing.T) {
	huge := []byte(greeting + "\x40\x00\x00\x00")
	result := testing.Benchmark(func(b *testing.B) {
		b.Helper()
		for b.Loop() {
			_, _ = readMessage(io.MultiReader(bytes.NewReader(huge), neverRead{b}))
		}
	})
	if n := result.AllocedBytesPerOp(); n > 4096 {
		t.Errorf("%d bytes were taken for a message that is refused", n)
	}
}

type neverRead struct{ tb testing.TB }

func (r neverRead) Read([]byte) (int, error) {
	r.tb.Error("the refused message was read")
	return 0, io.EOF
}

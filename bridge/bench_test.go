package bridge_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/authkittest"
	"github.com/authkit-desktop/authkit/bridge"
)

// What the bridge adds to a framework's own call: the state, as the JSON that crosses.
func BenchmarkState(b *testing.B) {
	service := signedInBridge(b, func(string, any) {}).Service()
	for b.Loop() {
		state, err := service.State(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := json.Marshal(state); err != nil {
			b.Fatal(err)
		}
	}
}

// A change, as JSON for each of five windows.
func BenchmarkChangeForFiveWindows(b *testing.B) {
	br := signedInBridge(b, func(_ string, data any) {
		for range 5 {
			if _, err := json.Marshal(data); err != nil {
				b.Error(err)
			}
		}
	})
	texts := [2]string{"one", "another"}
	for i := 0; b.Loop(); i++ {
		br.Notice("bench", texts[i%2])
	}
}

func signedInBridge(b *testing.B, emit func(string, any)) *bridge.Bridge {
	b.Helper()
	srv := authkittest.New(b)
	client, err := authkit.New(srv.Config())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	if _, err := client.SignIn(context.Background()); err != nil {
		b.Fatal(err)
	}
	br := bridge.New(client, emit)
	b.Cleanup(br.Close)
	return br
}

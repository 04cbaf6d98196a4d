package loopback

import (
	"context"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
)

// taken occupies a port as any other program would.
func taken(t *testing.T) (port int) {
	t.Helper()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	return other.Addr().(*net.TCPAddr).Port
}

// free returns a port that was free a moment ago, and stays so: it is below those that systems give to whoever asks for any.
func free(t *testing.T) int {
	t.Helper()
	for range 100 {
		listener, err := bind(t.Context(), loopbackHosts, []int{20_000 + rand.IntN(10_000)})
		if err == nil {
			defer listener.Close()
			return listener.Addr().(*net.TCPAddr).Port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func TestA04_ATakenPortIsPassedOver(t *testing.T) {
	busy, spare := taken(t), free(t)
	r := listen(t, Config{Ports: []int{busy, spare}})
	if got := r.door.Addr().(*net.TCPAddr).Port; got != spare {
		t.Errorf("listens on %d, want %d", got, spare)
	}
}

func TestA04_WhenEveryPortIsTakenTheErrorNamesThem(t *testing.T) {
	first, second := taken(t), taken(t)
	_, err := Listen(t.Context(), Config{Ports: []int{first, second}})
	if err == nil || strings.Count(err.Error(), "127.0.0.1:") != 2 || strings.Contains(err.Error(), "::1") {
		t.Errorf("error %v", err)
	}
}

// wantIPv6 skips the test where there is none.
func wantIPv6(t *testing.T) {
	t.Helper()
	if listener, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skipf("this machine has no IPv6 loopback: %v", err)
	} else {
		listener.Close()
	}
}

func TestC16_TheRedirectHasTheHostThatWasAskedFor(t *testing.T) {
	wantIPv6(t)
	for host, want := range map[string]string{"": "http://127.0.0.1:", "127.0.0.1": "http://127.0.0.1:", "::1": "http://[::1]:"} {
		r := listen(t, Config{Host: host})
		if !strings.HasPrefix(r.RedirectURI(), want) {
			t.Errorf("host %q gave %s", host, r.RedirectURI())
		}
		answer := inBackground(r, "/callback?code=c")
		wait(t, r).Answer(nil)
		if got := <-answer; got.status != 200 {
			t.Errorf("host %q: the redirect got %d (%v)", host, got.status, got.err)
		}
	}
}

func TestC16_IPv6WhenThereIsNoIPv4(t *testing.T) {
	wantIPv6(t)
	// 192.0.2.0/24 is for documentation: no machine has the address.
	listener, err := bind(t.Context(), []string{"192.0.2.1", "::1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if !strings.HasPrefix(listener.Addr().String(), "[::1]:") {
		t.Errorf("bound to %v", listener.Addr())
	}
}

func TestA04_TheSamePortServesTheNextSignIn(t *testing.T) {
	// Without SO_REUSEADDR a connection in TIME_WAIT would block a fixed port
	// for a minute.
	port := free(t)
	for range 5 {
		r, err := Listen(context.Background(), Config{Ports: []int{port}})
		if err != nil {
			t.Fatal(err)
		}
		if got := get(r, "/favicon.ico"); got.status != 404 {
			t.Errorf("favicon: %d %v", got.status, got.err)
		}
		answer := inBackground(r, "/callback?code=c")
		wait(t, r).Answer(nil)
		if got := <-answer; got.status != 200 {
			t.Errorf("redirect: %d %v", got.status, got.err)
		}
	}
}

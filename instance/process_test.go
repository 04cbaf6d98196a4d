package instance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The tests start real processes: this test binary again, which then does what an app's main would do.
const (
	roleVar    = "INSTANCE_TEST_DIR"
	messageVar = "INSTANCE_TEST_MESSAGE"
)

const testApp = "com.example.notes"

// patience is for what must happen, and does within milliseconds unless the machine is busy.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if dir, ok := os.LookupEnv(roleVar); ok {
		os.Exit(runApp(dir, os.Getenv(messageVar)))
	}
	goleak.VerifyTestMain(m)
}

// runApp says on its output what an app would do, and ends when its input does.
func runApp(dir, message string) int {
	primary, err := Claim(context.Background(), Config{AppID: testApp, Dir: dir, Message: message})
	switch {
	case errors.Is(err, ErrHandedOver):
		fmt.Println("handed over")
		return 0
	case errors.Is(err, ErrUnresponsive):
		fmt.Println("unresponsive")
		return 3
	case err != nil:
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("primary")
	primary.Serve(func(message string) { fmt.Println("message", message) })
	io.Copy(io.Discard, os.Stdin)
	if err := primary.Close(); err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	return 0
}

// app is a process that runs runApp.
type app struct {
	t     *testing.T
	cmd   *exec.Cmd
	input io.Closer
	lines chan string
}

func startApp(t *testing.T, dir, message string) *app {
	t.Helper()
	a := &app{t: t, cmd: exec.Command(os.Args[0]), lines: make(chan string, 100)}
	a.cmd.Env = append(os.Environ(), roleVar+"="+dir, messageVar+"="+message)
	a.cmd.Stderr = os.Stderr
	input, err := a.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := a.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a.input = input
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(a.lines)
		for scanner := bufio.NewScanner(output); scanner.Scan(); {
			a.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		a.cmd.Process.Kill()
		<-read
		a.cmd.Wait()
	})
	return a
}

// says waits for the next line of output.
func (a *app) says() string {
	a.t.Helper()
	select {
	case line, ok := <-a.lines:
		if !ok {
			a.t.Fatal("the process ended and said nothing more")
		}
		return strings.TrimSuffix(line, "\r")
	case <-time.After(patience):
		a.t.Fatal("the process said nothing")
	}
	return ""
}

func (a *app) mustSay(want string) {
	a.t.Helper()
	if got := a.says(); got != want {
		a.t.Fatalf("the process said %q, want %q", got, want)
	}
}

// claim is Claim in this process, with a time-out that a busy machine does not reach.
func claim(t *testing.T, dir, message string) (*Primary, error) {
	t.Helper()
	primary, err := Claim(t.Context(), Config{AppID: testApp, Dir: dir, Message: message, Timeout: patience})
	if primary != nil {
		t.Cleanup(func() { primary.Close() })
	}
	return primary, err
}

func mustClaim(t *testing.T, dir string) *Primary {
	t.Helper()
	primary, err := claim(t, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return primary
}

func mustHandOver(t *testing.T, dir, message string) {
	t.Helper()
	if _, err := claim(t, dir, message); !errors.Is(err, ErrHandedOver) {
		t.Fatalf("Claim returned %v, want ErrHandedOver", err)
	}
}

// collect serves the primary and returns a function that waits for the next message.
func collect(t *testing.T, p *Primary) (next func() string) {
	t.Helper()
	messages := make(chan string, 200)
	p.Serve(func(message string) { messages <- message })
	return func() string {
		t.Helper()
		select {
		case message := <-messages:
			return message
		case <-time.After(patience):
			t.Fatal("no message arrived")
		}
		return ""
	}
}

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
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The tests start real processes: this test binary again, which then plays one of these parts instead of testing.
var parts = map[string]func(dir string) int{"app": runApp, "intruder": intrude, "trap": trap}

const (
	partVar    = "INSTANCE_TEST_PART"
	dirVar     = "INSTANCE_TEST_DIR"
	messageVar = "INSTANCE_TEST_MESSAGE"
)

const testApp = "com.example.notes"

// patience is for what must happen, and does within milliseconds unless the machine is busy.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if play, ok := parts[os.Getenv(partVar)]; ok {
		os.Exit(play(os.Getenv(dirVar))) //nolint:forbidigo // here this is main
	}
	goleak.VerifyTestMain(m)
}

// runApp does what an app's main would do, says so on its output, and ends when its input does.
func runApp(dir string) int {
	primary, err := Claim(context.Background(), Config{AppID: testApp, Dir: dir, Message: os.Getenv(messageVar), Timeout: patience})
	if errors.Is(err, ErrHandedOver) {
		say("handed over")
		return 0
	}
	if err != nil {
		say("failed:", err)
		return 1
	}
	say("primary")
	primary.Serve(func(message string) { say("message", message) })
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := primary.Close(); err != nil {
		say("failed:", err)
		return 1
	}
	say("closed")
	return 0
}

// say is a part's output; see process.says.
func say(words ...any) { fmt.Fprintln(os.Stdout, words...) }

// process is a child that plays a part.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	input io.Closer
	lines chan string
	ended func() // waits for the end
}

func startApp(t *testing.T, dir, message string) *process {
	t.Helper()
	return start(t, partCommand(t, "app", dir, message))
}

func partCommand(tb testing.TB, part, dir, message string) *exec.Cmd {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), partVar+"="+part, dirVar+"="+dir, messageVar+"="+message)
	cmd.Stderr = os.Stderr
	return cmd
}

func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, input: input, lines: make(chan string, 100)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(p.lines)
		for scanner := bufio.NewScanner(output); scanner.Scan(); {
			p.lines <- strings.TrimSuffix(scanner.Text(), "\r")
		}
	}()
	p.ended = sync.OnceFunc(func() {
		<-read
		_ = cmd.Wait() // after a kill it is an error
	})
	t.Cleanup(p.kill)
	return p
}

// kill ends the process as a crash would, and returns when it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	p.ended()
}

// says waits for the next line of output.
func (p *process) says() string {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatal("the process ended and said nothing more")
		}
		return line
	case <-time.After(patience):
		p.t.Fatal("the process said nothing")
	}
	return ""
}

func (p *process) mustSay(want string) {
	p.t.Helper()
	if got := p.says(); got != want {
		p.t.Fatalf("the process said %q, want %q", got, want)
	}
}

// claim is Claim in this process, with a time-out that a busy machine does not reach.
func claim(t *testing.T, dir, message string) (*Primary, error) {
	t.Helper()
	return claimWithin(t, patience, dir, message)
}

func claimWithin(t *testing.T, timeout time.Duration, dir, message string) (*Primary, error) {
	t.Helper()
	primary, err := Claim(t.Context(), Config{AppID: testApp, Dir: dir, Message: message, Timeout: timeout})
	if primary != nil {
		t.Cleanup(func() { _ = primary.Close() })
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
	messages := make(chan string, 1000)
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

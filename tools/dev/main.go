// The dev program runs the example app against Vite's server, and again whenever Go code has changed. Vite takes care of the
// page by itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1])
	interrupted := ctx.Err() != nil
	stop()
	if err != nil && !interrupted {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string) error {
	example := filepath.Join(root, "example")
	url, err := startVite(ctx, filepath.Join(example, "frontend"))
	if err != nil {
		return err
	}
	app := program{folder: example, binary: filepath.Join(root, "bin", "example-dev"), url: url}
	defer app.stop()
	app.rebuild(ctx)
	return watch(ctx, root, func() { app.rebuild(ctx) })
}

// startVite serves the page on a free port, and waits until it answers. --strictPort: the app must not be sent to whatever
// else listens on the next one.
func startVite(ctx context.Context, folder string) (url string, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	vite := command(ctx, folder, "npm", "run", "dev", "--silent", "--", "--host", "127.0.0.1", "--port", port, "--strictPort")
	if err := vite.Start(); err != nil {
		return "", fmt.Errorf("cannot start Vite: %w", err)
	}
	url = "http://127.0.0.1:" + port
	return url, answers(ctx, url)
}

func answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			return response.Body.Close()
		}
		select {
		case <-ctx.Done():
			return errors.New("the Vite server did not answer within a minute; its words are above")
		case <-again.C:
		}
	}
}

// program is the app that is being worked on.
type program struct {
	folder, binary, url string
	running             *exec.Cmd
	ended               chan struct{}
}

// rebuild leaves the running app alone when the code does not compile.
func (p *program) rebuild(ctx context.Context) {
	begun := time.Now()
	if err := command(ctx, p.folder, "go", "build", "-tags", "gtk3", "-o", p.binary, ".").Run(); err != nil {
		return // the compiler has said why
	}
	p.stop()
	p.running = command(ctx, p.folder, p.binary)
	p.running.Env = append(os.Environ(), "FRONTEND_DEVSERVER_URL="+p.url)
	if err := p.running.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot start the app:", err)
		p.running = nil
		return
	}
	ended := make(chan struct{})
	p.ended = ended
	go func(cmd *exec.Cmd) { _ = cmd.Wait(); close(ended) }(p.running)
	fmt.Fprintf(os.Stderr, "dev: built and started in %v\n", time.Since(begun).Round(time.Millisecond))
}

// stop ends the app before its successor starts, which otherwise would hand over to it and leave.
func (p *program) stop() {
	if p.running == nil {
		return
	}
	_ = p.running.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(3 * time.Second):
		_ = p.running.Process.Kill()
		<-p.ended
	}
	p.running = nil
}

// command is a child that ends with us.
func command(ctx context.Context, folder, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 3 * time.Second
	return cmd
}

// watch calls changed after Go code has changed, until ctx ends. It looks at modification times five times a second: a few hundred
// files cost less than a millisecond, and no watch list of the system can overflow or miss a renamed file.
func watch(ctx context.Context, root string, changed func()) error {
	seen, err := latest(root)
	if err != nil {
		return err
	}
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		if now, err := latest(root); err == nil && now != seen {
			seen = now
			changed()
		}
	}
}

// stamp is different when a file was saved, added or removed.
type stamp struct {
	files int
	saved time.Time
}

func latest(root string) (stamp, error) {
	var s stamp
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // gone while we looked
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "dist" || name == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			s.files++
			if info.ModTime().After(s.saved) {
				s.saved = info.ModTime()
			}
		}
		return nil
	})
	return s, err
}

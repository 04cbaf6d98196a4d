package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
)

// daemon is a server of our own, so that nothing of this machine's is touched: a D-Bus session, a display.
type daemon struct {
	cmd *exec.Cmd
	env []string
}

func startBus(ctx context.Context) (*daemon, error) {
	return startDaemon(ctx, "DBUS_SESSION_BUS_ADDRESS=", "dbus-daemon", "--session", "--nofork", "--print-address=3")
}

func startDisplay(ctx context.Context) (*daemon, error) {
	return startDaemon(ctx, "DISPLAY=:", "Xvfb", "-displayfd", "3", "-screen", "0", "1280x860x24", "-nolisten", "tcp", "-noreset")
}

// startDaemon starts a command that writes where it is to file 3. That goes behind variable, into the environment of its users.
func startDaemon(ctx context.Context, variable string, command ...string) (*daemon, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	d := &daemon{cmd: exec.CommandContext(ctx, command[0], command[1:]...)}
	d.cmd.ExtraFiles = []*os.File{write}
	err = d.cmd.Start()
	_ = write.Close() // the daemon has its own; if it ends without a word, so does the reading
	if err != nil {
		return nil, err
	}
	where, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		d.stop()
		return nil, err
	}
	d.env = []string{variable + strings.TrimSpace(where)}
	return d, nil
}

func (d *daemon) stop() {
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// child is a process that is spoken to in lines of JSON.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

// startChild starts a command and waits until it says that it is ready.
func startChild(ctx context.Context, env []string, command ...string) (*child, error) {
	c := &child{cmd: exec.CommandContext(ctx, command[0], command[1:]...)}
	c.cmd.Env, c.cmd.Stderr = append(os.Environ(), env...), os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.lines = bufio.NewScanner(out)
	c.lines.Buffer(nil, 1<<24)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	var ready string
	if err := c.read(&ready); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *child) write(order any) error { return json.NewEncoder(c.in).Encode(order) }

func (c *child) read(answer any) error {
	if !c.lines.Scan() {
		return fmt.Errorf("%s ended before it answered: %w", c.cmd.Path, errors.Join(c.lines.Err(), io.ErrUnexpectedEOF))
	}
	return json.Unmarshal(c.lines.Bytes(), answer)
}

func (c *child) ask(order, answer any) error {
	if err := c.write(order); err != nil {
		return err
	}
	return c.read(answer)
}

// stop closes the child's input, upon which it ends.
func (c *child) stop() {
	_ = c.in.Close()
	_ = c.cmd.Wait()
}

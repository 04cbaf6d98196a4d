//go:build !linux

package main

import (
	"context"
	"errors"
)

var errNoMemory = errors.New("the memory of other processes is measured on Linux only")

func peakMemory(context.Context, []string, []string) (int64, error) { return 0, errNoMemory }

func peakSoFar(int) (int64, error) { return 0, errNoMemory }

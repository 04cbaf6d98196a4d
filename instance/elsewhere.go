//go:build !linux && !darwin && !windows

package instance

import (
	"context"
	"errors"
	"time"
)

type listener struct{}

func (*listener) accept() (conn, error)                    { return nil, errors.ErrUnsupported }
func (*listener) Close() error                             { return nil }
func (*listener) keepFresh(context.Context, time.Duration) {}

func defaultFolder(string) (string, error)            { return "", errors.ErrUnsupported }
func makePrivate(string) error                        { return errors.ErrUnsupported }
func listen(string) (*listener, error)                { return nil, errors.ErrUnsupported }
func dial(context.Context, string) (conn, int, error) { return nil, 0, errors.ErrUnsupported }

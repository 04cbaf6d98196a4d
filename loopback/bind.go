package loopback

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// loopbackHosts are IP literals, never "localhost", which a hosts file or a
// resolver can point elsewhere (RFC 8252 §8.3). IPv6 is for machines without
// 127.0.0.1: a redirect that was registered with one is refused with the other.
var loopbackHosts = []string{"127.0.0.1", "::1"}

// hostsFrom puts the wanted host first.
func hostsFrom(first string) []string {
	if first == loopbackHosts[1] {
		return []string{loopbackHosts[1], loopbackHosts[0]}
	}
	return loopbackHosts
}

// bind listens on the first free port of the first host that exists.
func bind(ctx context.Context, hosts []string, ports []int) (*net.TCPListener, error) {
	if len(ports) == 0 {
		ports = []int{0}
	}
	var failures []error
	for _, host := range hosts {
		for _, port := range ports {
			listener, err := bindOne(ctx, net.JoinHostPort(host, strconv.Itoa(port)))
			if err == nil {
				return listener, nil
			}
			failures = append(failures, err)
		}
		if !absent(failures[len(failures)-1]) {
			break // the host exists, its ports are taken
		}
	}
	return nil, fmt.Errorf("no loopback port can be opened for the redirect, so the browser has nowhere to return to: %w", errors.Join(failures...))
}

func bindOne(ctx context.Context, address string) (*net.TCPListener, error) {
	config := net.ListenConfig{Control: alone}
	config.SetMultipathTCP(false) // other socket options, and nothing to gain on one machine
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	tcp, _ := listener.(*net.TCPListener) // what "tcp" always gives
	return tcp, nil
}

// alone sees to it that no other program can listen on the same address while
// we do (RFC 8252 appendix B).
func alone(_, _ string, conn syscall.RawConn) error {
	var failure error
	err := conn.Control(func(fd uintptr) { failure = bindExclusively(fd) })
	return errors.Join(err, failure)
}

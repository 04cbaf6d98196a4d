package instance

import "golang.org/x/sys/unix"

// peerUser asks for the credentials that the kernel noted when the other side connected, or began to listen (unix(7)).
func peerUser(fd int) (uint32, error) {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, err
	}
	return cred.Uid, nil
}

package instance

import "golang.org/x/sys/unix"

// peer asks for the credentials that the kernel noted when the other side connected, or began to listen (unix(7)).
func peer(fd int) (uid uint32, pid int, err error) {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, 0, err
	}
	return cred.Uid, int(cred.Pid), nil
}

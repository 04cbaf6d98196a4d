package instance

import "golang.org/x/sys/unix"

// peer asks for the credentials that the kernel noted when the other side connected, or began to listen. It is what
// getpeereid(3) does, without cgo.
func peer(fd int) (uid uint32, pid int, err error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, 0, err
	}
	pid, err = unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	return cred.Uid, pid, err
}

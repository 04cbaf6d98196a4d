package instance

import "golang.org/x/sys/unix"

// peerUser asks for the credentials that the kernel noted when the other side connected, or began to listen. It is what
// getpeereid(3) does, without cgo.
func peerUser(fd int) (uint32, error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, err
	}
	return cred.Uid, nil
}

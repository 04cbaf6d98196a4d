package vault

import "time"

// SetFolderPatience shortens the wait for the folder's lock, and returns how to undo it.
func SetFolderPatience(d time.Duration) (undo func()) {
	before := folderPatience
	folderPatience = d
	return func() { folderPatience = before }
}

package vault

import "time"

// SetFolderPatience shortens the wait for the folder's lock, and returns how to undo it.
func SetFolderPatience(d time.Duration) (undo func()) {
	before := folderPatience
	folderPatience = d
	return func() { folderPatience = before }
}

// Classify names what went wrong with the system's keychain.
var Classify = classify

// KeysDerived counts the salts that a key was made for.
func (v *Vault) KeysDerived() int {
	v.keys.mu.Lock()
	defer v.keys.mu.Unlock()
	return len(v.keys.derived)
}

// KeychainCallOver is closed when the call that was left behind returns.
func (v *Vault) KeychainCallOver() <-chan struct{} { return v.keys.chain.hanging.done }

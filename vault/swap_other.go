//go:build !linux

package vault

import "os"

func (f *folder) swap(temp, name string) error { return f.rename(temp, name) }

func syncData(file *os.File) error { return file.Sync() }

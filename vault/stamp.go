package vault

// Stamp is a look at a record's file from outside: it changes with every write. Stamps are compared with ==; the zero
// Stamp is that of an absent record.
type Stamp struct {
	modified int64 // nanoseconds; in memory, the number of the change
	size     int64
	inode    uint64
}

// Stamp looks at a record without opening it, in about a microsecond, to notice what other processes wrote. It needs
// neither the key nor a lock.
func (v *Vault) Stamp(name string) (Stamp, error) {
	if err := checkName(name); err != nil {
		return Stamp{}, err
	}
	if m := v.memory(); m != nil {
		return m.stamp(name), nil
	}
	return stampOf(v.dir + pathSeparator + fileStem(name) + sealedSuffix)
}

package main

// checkSudo is for systems with sudo.
func checkSudo() error { return nil }

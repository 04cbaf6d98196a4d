package main

import (
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The test program plays two others: authkit itself, and a browser that goes where it is sent.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"authkit": main,
		"browser": func() { os.Exit(browse(os.Args[1:])) },
	})
}

// browse opens an address and follows it to its end. The emulator of the tests signs in without a page. Like a browser, it
// does not tell whoever started it how it went.
func browse(args []string) int {
	res, err := http.Get(args[0])
	if err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	return 0
}

// Command answer is a server that does nothing but answer: the limit for the emulator. Its argument is the address.
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	server := http.Server{Addr: os.Args[1], ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("{}"))
	})}
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	os.Exit(1)
}

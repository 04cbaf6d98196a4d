// Command hello is the least that a Go program can do: the limit for a start.
package main

import "os"

func main() { _, _ = os.Stdout.WriteString("hello\n") }

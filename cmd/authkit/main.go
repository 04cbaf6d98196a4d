// Command authkit signs in to WorkOS AuthKit from a terminal, and gives scripts an access token that is valid.
// docs/cli.md describes it.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

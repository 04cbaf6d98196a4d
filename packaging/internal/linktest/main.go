// Program linktest ID SCHEME PROGRAM checks an installed app from outside: who owns the scheme, and whether a link that the
// system opens starts the program and comes back from it. It prints what package doctor finds.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/doctor"
)

func main() {
	if err := check(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(id, scheme, program string) error {
	// What the check keeps for its own while is not the app's.
	own, err := os.MkdirTemp("", "linktest")
	if err != nil {
		return err
	}
	defer os.RemoveAll(own)
	if err := os.Setenv("LocalAppData", own); err != nil {
		return err
	}
	client, err := authkit.New(authkit.Config{ClientID: "client_linktest", AppID: id, RedirectURI: scheme + "://callback",
		APIURL: "http://127.0.0.1:9", AllowEmulator: true}) // nobody is to be asked anything
	if err != nil {
		return err
	}
	defer client.Close()
	return json.NewEncoder(os.Stdout).Encode(doctor.Run(context.Background(), client, doctor.Program(program)))
}

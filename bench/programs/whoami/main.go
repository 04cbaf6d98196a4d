// Command whoami prints who is signed in: the least that an app does at its start. The environment says where; see
// authkit.LoadConfig. Its argument is the folder of the sealed session.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/authkit-desktop/authkit"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	cfg, err := authkit.LoadConfig(authkit.Config{AppID: "com.example.bench", Dir: os.Args[1], AllowEmulator: true})
	if err != nil {
		return err
	}
	client, err := authkit.New(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	session, err := client.Session(context.Background())
	if err != nil {
		return err
	}
	fmt.Println(session.User.Email)
	return nil
}

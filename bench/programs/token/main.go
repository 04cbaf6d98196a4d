// Command token is one of many processes of an app that want a token at the same moment: it says that it is ready, waits for a
// line, asks, and tells how long that took. Its arguments are
// the app's id and the folder of the sealed session.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/authkit-desktop/authkit"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	cfg, err := authkit.LoadConfig(authkit.Config{AppID: os.Args[1], Dir: os.Args[2], AllowEmulator: true})
	if err != nil {
		return err
	}
	client, err := authkit.New(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	fmt.Println(`"ready"`)
	bufio.NewScanner(os.Stdin).Scan()
	start := time.Now()
	token, err := client.AccessToken(context.Background())
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"got": err == nil && token != "", "wait": time.Since(start).Seconds()})
}

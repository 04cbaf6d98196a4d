// Command instance is an app of which one process runs: the first prints what later ones were started with. Its arguments are
// the folder where they meet and the message.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/authkit-desktop/authkit/instance"
)

func main() {
	primary, err := instance.Claim(context.Background(), instance.Config{AppID: "com.example.bench", Dir: os.Args[1], Message: os.Args[2]})
	if errors.Is(err, instance.ErrHandedOver) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer primary.Close()
	primary.Serve(func(message string) { fmt.Printf("%q\n", message) })
	fmt.Println(`"ready"`)
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the bench closes it
}

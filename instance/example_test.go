package instance_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/authkit-desktop/authkit/instance"
)

// What an app's main does first, here as if it were started twice.
func ExampleClaim() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	start := func(link string) *instance.Primary {
		primary, err := instance.Claim(context.Background(), instance.Config{
			AppID:   "com.example.notes",
			Message: link,
			Dir:     dir, // an app leaves this out
		})
		switch {
		case errors.Is(err, instance.ErrHandedOver):
			fmt.Println("second: the first has it, good-bye")
		case err != nil:
			fmt.Println(err)
		}
		return primary
	}

	first := start("")
	first.Serve(func(link string) { fmt.Println("first: was given", link) })
	start("com.example.notes://open/1")
	if err := first.Close(); err != nil { // after what was accepted is delivered
		fmt.Println(err)
	}

	// Unordered output:
	// second: the first has it, good-bye
	// first: was given com.example.notes://open/1
}

package deeplink_test

import (
	"context"
	"fmt"
	"os"

	"github.com/authkit-desktop/authkit/deeplink"
)

func Example() { //nolint:testableexamples // run, it would register a scheme on this machine
	ctx := context.Background()
	config := deeplink.Config{Scheme: "com.example.notes", AppID: "com.example.notes", AppName: "Notes"}

	// First of all: was this process started for a link?
	if link, ok := deeplink.FromArgs(os.Args[1:], config.Scheme); ok {
		fmt.Println("hand it to the running instance, or use it:", link)
	} else if deeplink.FromOutside(os.Args[1:]) {
		fmt.Println("a broken link: read no flags")
	}

	// At every start: it writes only what is missing.
	if _, err := deeplink.Register(ctx, config); err != nil {
		fmt.Println(err)
	}
	status, err := deeplink.Inspect(ctx, config)
	if err == nil && !status.Delivers {
		fmt.Printf("links will not arrive: %s; to fix it, %s\n", status.Problem, status.Fix)
	}
}

func ExampleFromArgs() {
	args := []string{"--profile", "work", deeplink.Marker, "com.example.notes://callback?code=c1"}
	fmt.Println(deeplink.FromArgs(args, "com.example.notes"))
	// Output: com.example.notes://callback?code=c1 true
}

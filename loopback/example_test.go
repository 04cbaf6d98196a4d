package loopback_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/authkit-desktop/authkit/loopback"
)

func Example() {
	ctx := context.Background()
	state := "a random value of this attempt"
	receiver, err := loopback.Listen(ctx, loopback.Config{
		AppName: "Notes",
		Match:   func(query url.Values) bool { return query.Get("state") == state },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// The app opens the authorization page, which ends by sending the browser here:
	page := make(chan string)
	go browse(receiver.RedirectURI()+"?code=c1&state="+url.QueryEscape(state), page)

	redirect, err := receiver.Wait(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	redirect.Answer(nil) // after the code has been exchanged
	fmt.Println(strings.Contains(<-page, "You are signed in"))
	// Output: true
}

func browse(address string, page chan<- string) {
	response, err := http.Get(address)
	if err != nil {
		page <- err.Error()
		return
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	page <- string(text)
}

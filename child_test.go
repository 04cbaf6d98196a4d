package authkit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/internal/killtest"
)

// A child is another process of the app: this test binary, started in a role, with the world's server and folder.
const (
	childRole    = "AUTHKIT_TEST_ROLE"
	childServer  = "AUTHKIT_TEST_SERVER"
	childClient  = "AUTHKIT_TEST_CLIENT"
	childDir     = "AUTHKIT_TEST_DIR"
	childClock   = "AUTHKIT_TEST_CLOCK" // how far its clock is ahead
	childAccount = "AUTHKIT_TEST_ACCOUNT"
)

var roles = map[string]func(ctx context.Context, c *authkit.Client) error{
	"refresh": func(ctx context.Context, c *authkit.Client) error {
		killtest.Sign()
		defer killtest.Sign()
		_, err := c.Refresh(ctx)
		return err
	},
	"switch account": func(ctx context.Context, c *authkit.Client) error {
		killtest.Sign()
		defer killtest.Sign()
		_, err := c.SwitchAccount(ctx, os.Getenv(childAccount))
		return err
	},
	"sign out": func(ctx context.Context, c *authkit.Client) error {
		killtest.Sign()
		defer killtest.Sign()
		return c.SignOut(ctx, authkit.LocalOnly())
	},
	// Says when it is ready, waits for the end of its input, and prints an access token.
	"token": func(ctx context.Context, c *authkit.Client) error {
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
		token, err := c.AccessToken(ctx)
		if err == nil {
			fmt.Println(token)
		}
		return err
	},
}

func playChild(role string) (status int) {
	ahead, err := time.ParseDuration(os.Getenv(childClock))
	if err != nil {
		fmt.Println(err)
		return 2
	}
	c, err := authkit.New(authkit.Config{ClientID: os.Getenv(childClient), AppID: "com.example.test", APIURL: os.Getenv(childServer),
		AllowEmulator: true, EncryptionSecret: testSecret, Dir: os.Getenv(childDir),
		Now: func() time.Time { return time.Now().Add(ahead) }})
	if err != nil {
		fmt.Println(err)
		return 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := errors.Join(roles[role](ctx, c), c.Close()); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func (w *world) childEnv(role string, ahead time.Duration) []string {
	return append(os.Environ(), childRole+"="+role, childServer+"="+w.config.APIURL, childClient+"="+w.config.ClientID,
		childDir+"="+w.config.Dir, childClock+"="+ahead.String(), "GORACE=atexit_sleep_ms=0")
}

// child prepares another process; the caller starts it and waits for it.
func (w *world) child(role string, ahead time.Duration) *exec.Cmd {
	cmd := exec.CommandContext(w.Context(), os.Args[0]) //nolint:gosec // this test itself
	cmd.Env = w.childEnv(role, ahead)
	return cmd
}

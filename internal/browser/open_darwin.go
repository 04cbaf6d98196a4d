package browser

import (
	"context"
	"os"
)

func open(ctx context.Context, address string) error {
	return tryAll(ctx, append(fromEnvironment(os.Getenv("BROWSER"), address), program("/usr/bin/open", address)))
}

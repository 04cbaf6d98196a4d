package doctor

import (
	"context"
	"errors"

	"github.com/authkit-desktop/authkit/instance"
)

// instance greets the running app, which does not notice.
func (v *visit) instance(ctx context.Context) Check {
	pid, err := instance.Find(ctx, instance.Config{AppID: v.about.AppID})
	switch {
	case errors.Is(err, instance.ErrUnresponsive):
		return Check{Status: Failed, Found: err.Error(), Means: "links and second starts of the app go to a process that does not take them",
			Fix: "end that process and start the app again"}
	case err != nil:
		return Check{Status: Failed, Found: err.Error(), Means: "a link that arrives does not find the running app", Fix: "put right what the message names"}
	case pid == 0:
		return ok("the app is not running; the next link starts it")
	}
	return ok("the app runs as process %d and takes links", pid)
}

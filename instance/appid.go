package instance

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	// No separators, no leading dot or hyphen, no trailing dot (Windows drops it, and two ids would share a folder).
	appIDForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?$`)

	// Windows opens a device for these names, whatever follows the first dot.
	deviceName = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])$`)
)

// checkAppID applies the rules of all systems on each, so that an id which works on one machine works on all.
func checkAppID(id string) error {
	first, _, _ := strings.Cut(id, ".")
	if !appIDForm.MatchString(id) || deviceName.MatchString(first) {
		return fmt.Errorf("instance: the app id %q cannot name a folder: use up to 100 letters, digits, dots, hyphens and underscores, such as com.example.notes", id)
	}
	return nil
}

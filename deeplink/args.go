package deeplink

import "slices"

// Marker stands before the URL in the command that the system runs. It is what
// tells a link from the program's own arguments (C23).
const Marker = "--open-url"

// FromArgs finds the link that this program was started with: args is
// os.Args[1:]. It is taken only as the last argument after Marker, or when it is
// the only argument of all, as with entries that an installer made. It is
// unchecked but for its scheme.
//
// See FromOutside for what to do when there is none.
func FromArgs(args []string, scheme string) (url string, ok bool) {
	last := len(args) - 1
	marker := slices.Index(args, Marker)
	alone := marker < 0 && last == 0
	if (alone || marker >= 0 && marker == last-1) && hasScheme(args[last], scheme) {
		return args[last], true
	}
	return "", false
}

// FromOutside says whether the system started this program for a link. All that
// follows Marker then comes from whoever made the link, and some callers on
// Windows pass a link with quotes in it that falls apart into several arguments.
// So do not read flags from args when FromOutside is true, also where FromArgs
// found no link to use.
func FromOutside(args []string) bool { return slices.Contains(args, Marker) }

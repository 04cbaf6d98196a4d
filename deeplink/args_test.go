package deeplink

import (
	"slices"
	"strings"
	"testing"
)

func TestC22_C23_FromArgsFindsTheLink(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{Marker, "notes://callback?code=c&state=s"}, "notes://callback?code=c&state=s"},
		{[]string{Marker, "notes:/callback?code=c"}, "notes:/callback?code=c"},
		{[]string{Marker, "NOTES://callback"}, "NOTES://callback"},
		{[]string{"--profile", "dev", Marker, "notes://callback"}, "notes://callback"},
		{[]string{"notes://callback"}, "notes://callback"},
		{[]string{"notes:"}, "notes:"},
	} {
		if got, ok := FromArgs(test.args, "notes"); got != test.want || !ok {
			t.Errorf("%q: %q %v", test.args, got, ok)
		}
	}
}

func TestA11_FromArgsTakesNothingElse(t *testing.T) {
	for _, args := range [][]string{
		nil, {}, {""}, {Marker}, {Marker, ""}, {Marker, "--flag"}, {"--flag"}, {"-notes:x"},
		{Marker, "other://callback"}, {Marker, "notesx://callback"}, {Marker, "notes"}, {Marker, "//callback"}, {Marker, " notes://x"},
		{Marker, "notes://x", "--flag"}, {Marker, "notes://x", Marker, "notes://y"}, {Marker, Marker, "notes://x"}, {Marker, Marker},
		{"notes://x", "--flag"}, {"--flag", "notes://x"}, {"notes://x", Marker},
		{Marker, "notes://a b"}, {Marker, "notes://a\tb"}, {Marker, "notes://a\nb"}, {Marker, "notes://a\x00b"}, {Marker, `notes://a"b`},
		{Marker, "notes://\u2028"}, {Marker, "notes://\u00a0"}, {Marker, "notes://\x7f"}, {Marker, "notes://\xff"},
		{Marker, "notes://" + strings.Repeat("x", 100_000)},
		{Marker + "=notes://x"},
	} {
		if got, ok := FromArgs(args, "notes"); ok || got != "" {
			t.Errorf("%.60q: %.60q", args, got)
		}
	}
	if _, ok := FromArgs([]string{Marker, "://x"}, ""); ok {
		t.Error("without a scheme, a link was found")
	}
}

func TestC23_ArgumentsThatALinkBroughtAreKnownForWhatTheyAre(t *testing.T) {
	// What Windows makes of the link  notes://x" --config "evil
	args := []string{Marker, "notes://x", "--config", "evil"}
	if _, ok := FromArgs(args, "notes"); ok || !FromOutside(args) {
		t.Error("the flag in the link would be read")
	}
	if FromOutside([]string{"--config", "mine"}) {
		t.Error("the person's own flags would not be read")
	}
}

func FuzzA11_FromArgs(f *testing.F) {
	f.Add("--open-url\x01notes://x", "notes")
	f.Add("notes:/x?code=a&b=%20", "notes")
	f.Add("--open-url\x01notes://x\x01--open-url\x01notes://y", "notes")
	f.Fuzz(func(t *testing.T, joined, scheme string) {
		args := strings.Split(joined, "\x01")
		link, ok := FromArgs(args, scheme)
		if !ok {
			if link != "" {
				t.Errorf("%q without ok", link)
			}
			return
		}
		if link != args[len(args)-1] || !strings.EqualFold(link[:len(scheme)+1], scheme+":") {
			t.Errorf("%q is not the last argument, or not of the scheme", link)
		}
		if len(args) > 1 && slices.Index(args, Marker) != len(args)-2 {
			t.Errorf("%q taken from %q", link, args)
		}
		if strings.ContainsAny(link, " \t\r\n\x00\"") {
			t.Errorf("%q passed", link)
		}
		if CheckScheme(scheme) == nil && strings.HasPrefix(link, "-") {
			t.Errorf("%q looks like a flag", link)
		}
	})
}

func FuzzC21_SchemeOfACallback(f *testing.F) {
	f.Add("notes://callback", "notes")
	f.Add("notes:", "no")
	f.Fuzz(func(t *testing.T, link, scheme string) {
		if CheckScheme(scheme) != nil || !hasScheme(link, scheme) {
			return
		}
		if got, _, found := strings.Cut(link, ":"); !found || strings.ToLower(got) != scheme {
			t.Errorf("%q was taken for a link of %q", link, scheme)
		}
	})
}

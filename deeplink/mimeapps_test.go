package deeplink

import (
	"slices"
	"strings"
	"testing"
)

const (
	mime = "x-scheme-handler/notes"
	ours = "com.example.notes-url-notes.desktop"
)

func TestPreferringAndDroppingKeepEverythingElse(t *testing.T) {
	for _, test := range []struct{ name, before, preferred, dropped string }{
		{"empty", "", "[Default Applications]\n" + mime + "=" + ours + ";\n", ""},
		{
			"former default",
			"[Default Applications]\ntext/html=b.desktop\n" + mime + "=other.desktop\n",
			"[Default Applications]\ntext/html=b.desktop\n" + mime + "=" + ours + ";other.desktop;\n",
			"[Default Applications]\ntext/html=b.desktop\n" + mime + "=other.desktop;\n",
		},
		{
			"comments, other groups, no final newline",
			"# mine\n\n[Added Associations]\n" + mime + "=x.desktop;\n\n[Default Applications]\n# here\ntext/html=b.desktop",
			"# mine\n\n[Added Associations]\n" + mime + "=x.desktop;\n\n[Default Applications]\n" + mime + "=" + ours + ";\n# here\ntext/html=b.desktop\n",
			"# mine\n\n[Added Associations]\n" + mime + "=x.desktop;\n\n[Default Applications]\n# here\ntext/html=b.desktop\n",
		},
		{
			"no defaults yet",
			"[Added Associations]\ntext/html=b.desktop;\n",
			"[Added Associations]\ntext/html=b.desktop;\n\n[Default Applications]\n" + mime + "=" + ours + ";\n",
			"[Added Associations]\ntext/html=b.desktop;\n",
		},
		{
			"twice, with spaces",
			"[Default Applications]\n" + mime + " = a.desktop ; \n" + mime + "=b.desktop;" + ours + ";\n",
			"[Default Applications]\n" + mime + "=" + ours + ";a.desktop ;b.desktop;\n",
			"[Default Applications]\n" + mime + "=a.desktop ;b.desktop;\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			preferred := preferHandler(test.before, mime, ours)
			if preferred != test.preferred {
				t.Errorf("preferred:\n%s\nwant:\n%s", preferred, test.preferred)
			}
			if again := preferHandler(preferred, mime, ours); again != preferred {
				t.Errorf("a second time it changed to:\n%s", again)
			}
			if dropped := dropHandler(preferred, mime, ours); dropped != test.dropped {
				t.Errorf("dropped:\n%s\nwant:\n%s", dropped, test.dropped)
			}
		})
	}
}

func TestAssociationsAreReadByTheirGroup(t *testing.T) {
	text := "[Added Associations]\n" + mime + "=a.desktop;b.desktop\n[Default Applications]\n#" + mime + "=c.desktop\n" + mime + " = d.desktop\n"
	if got := handlers(text, addedGroup, mime); !slices.Equal(got, []string{"a.desktop", "b.desktop"}) {
		t.Errorf("added: %q", got)
	}
	if got := handlers(text, defaultGroup, mime); !slices.Equal(got, []string{"d.desktop"}) {
		t.Errorf("default: %q", got)
	}
}

func FuzzA12_MimeappsEdits(f *testing.F) {
	f.Add("[Default Applications]\n" + mime + "=a.desktop;b.desktop\n\n[X]\ny=z\n")
	f.Add("#c\r\n[Default Applications]\r\n" + mime + "=" + ours + "\r\n")
	f.Add("[Default Applications]")
	f.Fuzz(func(t *testing.T, before string) {
		preferred := preferHandler(before, mime, ours)
		if got := handlers(preferred, defaultGroup, mime); len(got) == 0 || got[0] != ours {
			t.Fatalf("not the default in %q", preferred)
		}
		dropped := dropHandler(preferred, mime, ours)
		former := without(handlers(before, defaultGroup, mime), ours)
		if got := handlers(dropped, defaultGroup, mime); !slices.Equal(got, former) {
			t.Errorf("after dropping: %q, want %q", got, former)
		}
		if got, want := foreignLines(dropped), foreignLines(before); got != want {
			t.Errorf("other lines are %q, want %q", got, want)
		}
	})
}

// foreignLines is all that the edits must not touch: everything but associations
// with our type, blank lines and the header of the defaults.
func foreignLines(text string) string {
	var kept []string
	lines, meanings := associations(text)
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		if meanings[i].mime != mime && trimmed != "" && trimmed != defaultGroup {
			kept = append(kept, trimmed)
		}
	}
	return strings.Join(kept, "\n")
}

package deeplink

import (
	"path/filepath"
	"strings"
	"testing"
)

const testScheme = "com.example.deeplink-test"

func TestA12_NothingOddReachesTheSystem(t *testing.T) {
	program := filepath.Join(t.TempDir(), "notes")
	good := Config{Scheme: testScheme, AppID: "com.example.notes", Executable: program}
	if _, err := good.complete(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"scheme":                     func(c *Config) { c.Scheme = "https" },
		"no app id":                  func(c *Config) { c.AppID = "" },
		"app id with a path":         func(c *Config) { c.AppID = "../notes" },
		"app id that hides":          func(c *Config) { c.AppID = ".notes" },
		"app id with a backslash":    func(c *Config) { c.AppID = `a\b` },
		"app id with a line":         func(c *Config) { c.AppID = "a\nb" },
		"long app id":                func(c *Config) { c.AppID = strings.Repeat("a", 129) },
		"name with a line":           func(c *Config) { c.AppName = "a\nExec=evil" },
		"name that is not UTF-8":     func(c *Config) { c.AppName = "\xff" },
		"argument with a line":       func(c *Config) { c.Args = []string{"ok", "a\nb"} },
		"argument with NUL":          func(c *Config) { c.Args = []string{"a\x00b"} },
		"icon with a line":           func(c *Config) { c.Icon = "a\rb" },
		"relative program":           func(c *Config) { c.Executable = "notes" },
		"program with NUL":           func(c *Config) { c.Executable = program + "\x00" },
		"marker among the arguments": func(c *Config) { c.Args = []string{Marker} },
	} {
		config := good
		spoil(&config)
		if _, err := config.complete(); err == nil {
			t.Errorf("%s was accepted", name)
		}
		if changed, err := Register(t.Context(), config); changed || err == nil {
			t.Errorf("%s was registered", name)
		}
	}
}

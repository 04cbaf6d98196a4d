package desktop_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authkit-desktop/authkit/desktop"
)

func TestA03AnotherOwnerOfTheSchemeIsNamed(t *testing.T) {
	_, newClient, _ := person(t)
	entries := filepath.Join(os.Getenv("XDG_DATA_HOME"), "applications")
	config := os.Getenv("XDG_CONFIG_HOME")
	for path, text := range map[string]string{
		filepath.Join(entries, "other.desktop"): "[Desktop Entry]\nType=Application\nName=Other App\nExec=/bin/true %u\nMimeType=x-scheme-handler/com.example.desktop.test;\n",
		filepath.Join(config, "mimeapps.list"):  "[Default Applications]\nx-scheme-handler/com.example.desktop.test=other.desktop\n",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	app := start(t, desktop.Config{Client: newClient()})
	if got := strings.Join(app.Warnings(), " "); !strings.Contains(got, "Other App") {
		t.Errorf("warnings = %q", got)
	}
}

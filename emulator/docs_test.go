package emulator

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestTheGuideHasEveryKeyOfTheFile(t *testing.T) {
	guide, err := os.ReadFile("../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	collect(reflect.TypeFor[configFile](), keys)
	if len(keys) < 60 {
		t.Fatalf("only %d keys were found", len(keys))
	}
	for key := range keys {
		if !strings.Contains(string(guide), "`"+key+"`") && !strings.Contains(string(guide), "`"+key+":`") {
			t.Errorf("docs/emulator.md does not mention %s", key)
		}
	}
}

// collect gathers the keys of a type and of those in it.
func collect(t reflect.Type, keys map[string]bool) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for field := range t.Fields() {
		if key := field.Tag.Get("yaml"); key != "" && key != "-" && !keys[key] {
			keys[key] = true
			collect(field.Type, keys)
		}
	}
}

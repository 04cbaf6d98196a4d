package instance

import (
	"testing"
)

func TestC24_ColdStartIsPrimaryAndWarmStartHandsOver(t *testing.T) {
	dir := t.TempDir()
	first := startApp(t, dir, "")
	first.mustSay("primary")
	startApp(t, dir, "com.example.notes://callback?code=1").mustSay("handed over")
	first.mustSay("message com.example.notes://callback?code=1")
	startApp(t, dir, "").mustSay("handed over")
	first.mustSay("message ")
}

func TestA22_KilledPrimaryIsReplacedAtOnce(t *testing.T) {
	dir := t.TempDir()
	first := startApp(t, dir, "")
	first.mustSay("primary")
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.cmd.Wait()
	startApp(t, dir, "").mustSay("primary")
}

package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// try is a refresh that may fail in any way.
func (a app) try(token string) (status int, body string, err error) {
	raw, err := json.Marshal(fields{"grant_type": "refresh_token", "client_id": a.srv.ClientID(), "refresh_token": token})
	if err != nil {
		return 0, "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // net/http repeats a request on a dead connection
	resp, err := client.Post(a.srv.URL()+"/user_management/authenticate", "application/json", bytes.NewReader(raw))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

func TestAFaultStrikesTheCallsOfItsRoute(t *testing.T) {
	a := start(t, emulator.Config{Rotation: emulator.RotateNever})
	token := a.signIn("alice@example.com").text("refresh_token")
	a.srv.AddFaults(emulator.Fault{Route: emulator.Refresh, After: 1, Times: 2, Status: http.StatusServiceUnavailable})
	var got []int
	for range 4 {
		a.get(a.srv.URL() + "/health") // another route's calls do not count
		status, _ := a.refresh(token)
		got = append(got, status)
	}
	if got[0] != 200 || got[1] != 503 || got[2] != 503 || got[3] != 200 {
		t.Errorf("four refreshes get %v", got)
	}
	a.srv.AddFaults(emulator.Fault{Times: emulator.Forever, Status: 500})
	a.srv.ClearFaults()
	if status, _ := a.refresh(token); status != http.StatusOK {
		t.Errorf("a cleared fault strikes: %d", status)
	}
}

func TestFaultsOfSeveralLinesStrikeOneAfterTheOther(t *testing.T) {
	a := start(t, emulator.Config{Rotation: emulator.RotateNever, Faults: []emulator.Fault{
		{Route: emulator.Refresh, Status: 500},
		{Route: emulator.Refresh, Status: 429, Header: map[string]string{"Retry-After": "7"}},
	}})
	token := a.signIn("alice@example.com").text("refresh_token")
	for _, want := range []int{500, 429, 200} {
		if status, _ := a.refresh(token); status != want {
			t.Errorf("%d instead of %d", status, want)
		}
	}
}

func TestAnAnswerCanBeLostBeforeAndAfterTheWork(t *testing.T) {
	for drop, spent := range map[emulator.Drop]bool{emulator.DropBefore: false, emulator.DropDone: true} {
		a := start(t, emulator.Config{})
		token := a.signIn("alice@example.com").text("refresh_token")
		a.srv.AddFaults(emulator.Fault{Route: emulator.Refresh, Drop: drop})
		if status, body, err := a.try(token); err == nil {
			t.Errorf("%s: an answer: %d %s", drop, status, body)
		}
		status, _ := a.refresh(token)
		if (status != http.StatusOK) != spent {
			t.Errorf("%s: the token sent again gets %d", drop, status)
		}
		if log := a.srv.Requests(emulator.Refresh); len(log) != 2 || log[0].Status != 0 || log[0].Fault != "drop-"+string(drop) {
			t.Errorf("%s: the log has %+v", drop, log)
		}
	}
}

func TestAnErrorCanComeAfterTheWork(t *testing.T) {
	a := start(t, emulator.Config{})
	token := a.signIn("alice@example.com").text("refresh_token")
	a.srv.AddFaults(emulator.Fault{Route: emulator.Refresh, AfterWork: true, Status: http.StatusBadGateway})
	if status, _ := a.refresh(token); status != http.StatusBadGateway {
		t.Errorf("the fault gives %d", status)
	}
	status, answer := a.refresh(token)
	wantProblem(t, "the token sent again", status, answer, "invalid_grant")
}

func TestBodiesCanBeReplacedPatchedCutAndDripped(t *testing.T) {
	page := "<html>"
	a := start(t, emulator.Config{Rotation: emulator.RotateNever})
	token := a.signIn("alice@example.com").text("refresh_token")
	a.srv.AddFaults(
		emulator.Fault{Route: emulator.Refresh, Body: &page, Header: map[string]string{"Content-Type": "text/html"}},
		emulator.Fault{Route: emulator.Refresh, Patch: map[string]any{"user": nil, "organization_id": json.RawMessage("null"), "refresh_token": 7}},
		emulator.Fault{Route: emulator.Refresh, Truncate: 20},
		emulator.Fault{Route: emulator.Refresh, Trickle: 10 * time.Microsecond},
	)
	if status, body, err := a.try(token); err != nil || status != http.StatusOK || body != page {
		t.Errorf("replaced: %d %q %v", status, body, err)
	}
	_, patched := a.refresh(token)
	if _, has := patched["user"]; has || patched["refresh_token"] != 7.0 || patched["access_token"] == nil {
		t.Errorf("patched: %v", patched)
	}
	if value, has := patched["organization_id"]; !has || value != nil {
		t.Errorf("patched with null: %v", patched)
	}
	if _, body, err := a.try(token); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) != 20 {
		t.Errorf("cut: %q %v", body, err)
	}
	if status, body, err := a.try(token); err != nil || status != http.StatusOK || !json.Valid([]byte(body)) {
		t.Errorf("dripped: %d %q %v", status, body, err)
	}
}

func TestOddsComeFromTheSeed(t *testing.T) {
	run := func(seed uint64) string {
		a := start(t, emulator.Config{Seed: seed, Faults: []emulator.Fault{{Times: emulator.Forever, Odds: 0.5, Status: 500}}})
		var got strings.Builder
		for range 40 {
			got.WriteByte("ox"[a.get(a.srv.URL()+"/health").StatusCode/500])
		}
		return got.String()
	}
	first := run(1)
	if first != run(1) || first == run(2) || !strings.Contains(first, "o") || !strings.Contains(first, "x") {
		t.Errorf("the odds are %s", first)
	}
}

// Once, a client with a time-out of 50 ms left before its call had arrived, on a busy machine.
func TestLatencyEndsWithTheClientAndWithTheServer(t *testing.T) {
	a := start(t, emulator.Config{Faults: []emulator.Fault{{Times: 2, Latency: time.Hour}, {Latency: 30 * time.Millisecond}}})
	ctx, leave := context.WithCancel(t.Context())
	first := a.hang(ctx)
	within(t, "the first call arrives", func() bool { return a.srv.Count(emulator.Other) == 1 })
	leave()
	if err := <-first; err == nil {
		t.Error("an hour's latency took no time")
	}
	within(t, "the server is done with the client that left", func() bool { return len(a.srv.Requests(emulator.Other)) == 1 })
	second := a.hang(t.Context())
	within(t, "the second call arrives", func() bool { return a.srv.Count(emulator.Other) == 2 })
	began := time.Now()
	if resp := a.get(a.srv.URL() + "/health"); resp.StatusCode != http.StatusOK || time.Since(began) < 30*time.Millisecond {
		t.Errorf("the latency was %v", time.Since(began))
	}
	if err := a.srv.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-second:
	case <-time.After(time.Minute):
		t.Error("a call still hangs after Close")
	}
}

// hang makes a call that is expected to take long, and tells how it ended.
func (a app) hang(ctx context.Context) <-chan error {
	ended := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.srv.URL()+"/health", nil)
		if err != nil {
			ended <- err
			return
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		ended <- err
	}()
	return ended
}

func within(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

func TestFaultsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, fault := range []emulator.Fault{{Status: 42}, {Odds: 2}, {Latency: -1}} {
		if srv, err := emulator.Start(emulator.Config{Faults: []emulator.Fault{fault}}); err == nil {
			t.Errorf("%+v is taken: %v", fault, srv)
		}
	}
}

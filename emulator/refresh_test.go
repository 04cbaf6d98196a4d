package emulator_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func contains(list []string, word string) bool { return slices.Contains(list, word) }

func TestC25_ARefreshTokenRotates(t *testing.T) {
	for _, rotation := range []emulator.Rotation{emulator.RotateStrict, emulator.RotateGrace, emulator.RotateNever} {
		a := start(t, emulator.Config{Rotation: rotation})
		first := a.signIn("alice@example.com")
		_, second := a.refresh(first.text("refresh_token"))
		if same := second.text("refresh_token") == first.text("refresh_token"); same != (rotation == emulator.RotateNever) {
			t.Errorf("%s: the same token comes back: %v", rotation, same)
		}
		if second.text("access_token") == first.text("access_token") {
			t.Errorf("%s: the same access token comes back", rotation)
		}
	}
}

func TestGraceRepeatsTheSamePairAndNoLonger(t *testing.T) {
	clock := newClock()
	a := start(t, emulator.Config{Rotation: emulator.RotateGrace, RotationGrace: 30 * time.Second, Now: clock.now})
	first := a.signIn("alice@example.com")
	_, second := a.refresh(first.text("refresh_token"))
	clock.add(10 * time.Second)
	_, third := a.refresh(second.text("refresh_token"))
	clock.add(19 * time.Second)
	for name, pair := range map[string][2]fields{"the last but one": {first, second}, "the last": {second, third}} {
		status, again := a.refresh(pair[0].text("refresh_token"))
		if status != http.StatusOK || again.text("refresh_token") != pair[1].text("refresh_token") || again.text("access_token") != pair[1].text("access_token") {
			t.Errorf("%s: a replay in the grace period gives another answer: %d", name, status)
		}
	}
	clock.add(time.Second)
	status, late := a.refresh(first.text("refresh_token"))
	wantProblem(t, "a replay after the grace period", status, late, "invalid_grant")
	if status, _ := a.refresh(third.text("refresh_token")); status != http.StatusOK {
		t.Errorf("the live token gets %d", status)
	}
}

func TestA09_OneOfManyConcurrentRefreshesWins(t *testing.T) {
	a := start(t, emulator.Config{})
	token := a.signIn("alice@example.com").text("refresh_token")
	won := a.refreshAtOnce(token, 8)
	if len(won) != 1 {
		t.Errorf("%d of 8 concurrent refreshes won", len(won))
	}
}

func TestConcurrentRefreshesInTheGracePeriodGetOnePair(t *testing.T) {
	a := start(t, emulator.Config{Rotation: emulator.RotateGrace})
	token := a.signIn("alice@example.com").text("refresh_token")
	won := a.refreshAtOnce(token, 8)
	if slices.Sort(won); len(won) != 8 || len(slices.Compact(won)) != 1 {
		t.Errorf("8 concurrent refreshes got %d answers", len(won))
	}
}

// refreshAtOnce returns the refresh tokens of those that succeeded.
func (a app) refreshAtOnce(token string, n int) []string {
	var (
		all sync.WaitGroup
		mu  sync.Mutex
		won []string
	)
	for range n {
		all.Go(func() {
			if status, answer := a.refresh(token); status == http.StatusOK {
				mu.Lock()
				defer mu.Unlock()
				won = append(won, answer.text("refresh_token"))
			}
		})
	}
	all.Wait()
	return won
}

func TestReuseOfASpentRefreshTokenEndsTheSessionWhenAskedTo(t *testing.T) {
	for _, revokes := range []bool{false, true} {
		a := start(t, emulator.Config{ReuseRevokes: revokes})
		first := a.signIn("alice@example.com")
		_, second := a.refresh(first.text("refresh_token"))
		a.refresh(first.text("refresh_token"))
		status, _ := a.refresh(second.text("refresh_token"))
		if (status != http.StatusOK) != revokes {
			t.Errorf("ReuseRevokes %v: after a reuse the live token gets %d", revokes, status)
		}
	}
}

func TestASessionEndsByAgeAndByInactivity(t *testing.T) {
	clock := newClock()
	a := start(t, emulator.Config{SessionMaxAge: time.Hour, SessionInactivity: 25 * time.Minute, Now: clock.now})
	busy, idle := a.signIn("alice@example.com"), a.signIn("bob@example.com")
	for range 2 {
		clock.add(20 * time.Minute)
		status, next := a.refresh(busy.text("refresh_token"))
		if status != http.StatusOK {
			t.Fatalf("a session in use ended early: %d %v", status, next)
		}
		busy = next
	}
	status, answer := a.refresh(idle.text("refresh_token"))
	wantProblem(t, "after 40 idle minutes", status, answer, "invalid_grant")
	clock.add(20 * time.Minute)
	status, answer = a.refresh(busy.text("refresh_token"))
	wantProblem(t, "after an hour", status, answer, "invalid_grant")
}

func TestSwitchingOrganizations(t *testing.T) {
	a := start(t, emulator.Config{})
	if _, err := a.srv.AddOrganization(emulator.Organization{ID: "org_sso", Name: "Initech", RequireSSO: true, Members: []emulator.Member{{User: "bob@example.com"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.srv.AddConnection(emulator.Connection{Name: "Initech SSO", Organization: "Initech"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.srv.AddOrganization(emulator.Organization{ID: "org_mfa", Name: "Hooli", RequireMFA: true, Members: []emulator.Member{{User: "bob@example.com"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.srv.AddOrganization(emulator.Organization{ID: "org_past", Name: "Past", Members: []emulator.Member{{User: "bob@example.com", Inactive: true}}}); err != nil {
		t.Fatal(err)
	}
	acme, globex := a.organization("Acme"), a.organization("Globex")
	now := a.signIn("bob@example.com", "organization_id", acme)
	for id, code := range map[string]string{
		"nonsense": "invalid_organization_id", "org_01UNKNOWN": "organization_not_found",
		"org_past": "organization_membership_not_found", "org_sso": "sso_required", "org_mfa": "mfa_enrollment",
	} {
		status, answer := a.refresh(now.text("refresh_token"), "organization_id", id)
		wantProblem(t, id, status, answer, code)
		if ids, _ := answer["connection_ids"].([]any); code == "sso_required" && (len(ids) != 1 || answer["email"] != "bob@example.com") {
			t.Errorf("sso_required does not say where to go: %v", answer)
		}
	}
	status, there := a.refresh(now.text("refresh_token"), "organization_id", globex)
	if status != http.StatusOK || there.claims(t)["org_id"] != globex || there.claims(t)["role"] != "admin" {
		t.Fatalf("a refused switch cost the session, or this one does not work: %d %v", status, there)
	}
	if _, still := a.refresh(there.text("refresh_token")); still["organization_id"] != globex {
		t.Errorf("the next refresh is back in %v", still["organization_id"])
	}
}

func (a app) organization(name string) string {
	a.Helper()
	for _, o := range a.srv.Organizations() {
		if o.Name == name {
			return o.ID
		}
	}
	a.Fatalf("no organization %q", name)
	return ""
}

func TestARefusedRefreshLeavesTheSessionAlone(t *testing.T) {
	a := start(t, emulator.Config{})
	first := a.signIn("alice@example.com")
	for _, refusal := range []emulator.Refusal{emulator.SSORequired, emulator.MFAEnrollment} {
		a.change("alice@example.com", func(u *emulator.User) { u.OnRefresh = refusal })
		status, answer := a.refresh(first.text("refresh_token"))
		wantProblem(t, string(refusal), status, answer, string(refusal))
		if status != http.StatusBadRequest {
			t.Errorf("%s comes with %d", refusal, status)
		}
	}
	a.change("alice@example.com", func(u *emulator.User) { u.OnRefresh = "" })
	if status, answer := a.refresh(first.text("refresh_token")); status != http.StatusOK {
		t.Errorf("afterwards a refresh gets %d %v", status, answer)
	}
	a.srv.RemoveUser("alice@example.com")
	status, answer := a.refresh(first.text("refresh_token"))
	wantProblem(t, "after the user was removed", status, answer, "invalid_grant")
}

func (a app) change(who string, f func(*emulator.User)) {
	a.Helper()
	if err := a.srv.ChangeUser(who, f); err != nil {
		a.Fatal(err)
	}
}

func TestRevokingASession(t *testing.T) {
	a := start(t, emulator.Config{APIKeys: []string{"sk_test_1"}})
	first := a.signIn("alice@example.com")
	sid := first.claims(t).text("sid")
	if status, _ := a.post("/user_management/sessions/revoke", fields{"session_id": sid}); status != http.StatusUnauthorized {
		t.Errorf("without a key, revoking gets %d", status)
	}
	if !a.srv.RevokeSession(sid) || a.srv.RevokeSession("session_unknown") {
		t.Error("RevokeSession does not tell whether there was one")
	}
	status, answer := a.refresh(first.text("refresh_token"))
	wantProblem(t, "after revoking", status, answer, "invalid_grant")
	if got := a.srv.Sessions(); len(got) != 1 || got[0].Ended != "revoked" {
		t.Errorf("the sessions are %+v", got)
	}
}

func TestASessionGoesOnInANewProcessWithTheSameSecret(t *testing.T) {
	config := emulator.Config{Secret: "the same in both runs"}
	a := start(t, config)
	known := a.signIn("alice@example.com")
	fresh := a.signUp("erin@example.com")
	kid := a.keys()[0]["kid"]

	b := start(t, config)
	if got := b.keys()[0]["kid"]; got != kid {
		t.Errorf("the key changed from %v to %v", kid, got)
	}
	for _, before := range []fields{known, fresh} {
		status, after := b.refresh(before.text("refresh_token"))
		if status != http.StatusOK || after.claims(t)["sid"] != before.claims(t)["sid"] {
			t.Errorf("the session is lost: %d %v", status, after)
		}
	}

	c := start(t, emulator.Config{})
	status, answer := c.refresh(known.text("refresh_token"))
	wantProblem(t, "without the secret", status, answer, "invalid_grant")
}

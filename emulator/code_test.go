package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

func wantProblem(t *testing.T, what string, status int, answer fields, code string) {
	t.Helper()
	if status < 400 || answer.problem() != code {
		t.Errorf("%s: %d %v instead of %s", what, status, answer, code)
	}
}

func TestC04_OnlyTheVerifierOfTheChallengeRedeemsACode(t *testing.T) {
	a := start(t, emulator.Config{})
	good := newVerifier()
	for name, verifier := range map[string]string{
		"another":       newVerifier(),
		"the challenge": challengeOf(good), // what the plain method would send
		"too short":     good[:42],
		"too long":      strings.Repeat("a", 129),
		"odd letters":   good[:42] + "+",
		"a longer one":  good + "a",
	} {
		status, answer := a.exchange(a.code(good, "alice@example.com"), verifier)
		wantProblem(t, name, status, answer, "invalid_grant")
	}
	status, answer := a.exchange(a.code(good, "alice@example.com"), "")
	wantProblem(t, "none", status, answer, "invalid_request")
}

func TestACodeThatMetAWrongVerifierIsSpent(t *testing.T) {
	a := start(t, emulator.Config{})
	good := newVerifier()
	code := a.code(good, "alice@example.com")
	a.exchange(code, newVerifier())
	status, answer := a.exchange(code, good)
	wantProblem(t, "the second try", status, answer, "invalid_grant")
}

func TestC13_ACodeWorksOnceAndItsReplayEndsTheSession(t *testing.T) {
	a := start(t, emulator.Config{})
	verifier := newVerifier()
	code := a.code(verifier, "alice@example.com")
	status, first := a.exchange(code, verifier)
	if status != http.StatusOK {
		t.Fatalf("exchange: %d %v", status, first)
	}
	status, second := a.exchange(code, verifier)
	wantProblem(t, "the replay", status, second, "invalid_grant")
	status, after := a.refresh(first.text("refresh_token"))
	wantProblem(t, "a refresh after the replay", status, after, "invalid_grant")
}

func TestACodeLivesTenMinutes(t *testing.T) {
	clock := newClock()
	a := start(t, emulator.Config{Now: clock.now})
	verifier := newVerifier()
	early, late := a.code(verifier, "alice@example.com"), a.code(verifier, "alice@example.com")
	clock.add(10*time.Minute - time.Second)
	if status, answer := a.exchange(early, verifier); status != http.StatusOK {
		t.Errorf("after 9:59 a code gets %d %v", status, answer)
	}
	clock.add(time.Second)
	status, answer := a.exchange(late, verifier)
	wantProblem(t, "after 10:00", status, answer, "invalid_grant")
}

func TestA08_AVerifierWithoutAChallengeIsADowngrade(t *testing.T) {
	a := start(t, emulator.Config{APIKeys: []string{"sk_test_1"}})
	code := a.code("", "alice@example.com", "code_challenge", "", "code_challenge_method", "")
	status, answer := a.exchange(code, newVerifier())
	wantProblem(t, "the exchange", status, answer, "code_challenge_not_found")
}

func TestAConfidentialClientShowsItsSecretInsteadOfPKCE(t *testing.T) {
	a := start(t, emulator.Config{APIKeys: []string{"sk_test_1"}})
	exchange := func(secret string) (int, fields) {
		code := a.code("", "alice@example.com", "code_challenge", "", "code_challenge_method", "")
		return a.post("/user_management/authenticate", fields{
			"grant_type": "authorization_code", "client_id": a.srv.ClientID(), "code": code, "client_secret": secret,
		})
	}
	if status, answer := exchange("sk_test_1"); status != http.StatusOK {
		t.Errorf("with the secret: %d %v", status, answer)
	}
	status, answer := exchange("sk_test_2")
	wantProblem(t, "with a wrong secret", status, answer, "invalid_client")
	status, answer = exchange("")
	wantProblem(t, "with none", status, answer, "invalid_grant")
}

func TestC12_APublicClientSendsNoSecret(t *testing.T) {
	a := start(t, emulator.Config{})
	verifier := newVerifier()
	status, answer := a.post("/user_management/authenticate", fields{
		"grant_type": "authorization_code", "client_id": a.srv.ClientID(), "client_secret": "sk_test_1",
		"code": a.code(verifier, "alice@example.com"), "code_verifier": verifier,
	})
	wantProblem(t, "with a secret", status, answer, "invalid_client")
	if got := a.srv.Requests(emulator.Exchange)[0].Fields; !contains(got, "client_secret") {
		t.Errorf("the log does not tell that a secret was sent: %q", got)
	}
}

func TestC10_ARedirectURISentWithTheCodeMustBeTheOneOfTheRequest(t *testing.T) {
	a := start(t, emulator.Config{})
	for uri, want := range map[string]int{appURI: http.StatusOK, "http://127.0.0.1/callback": http.StatusBadRequest} {
		verifier := newVerifier()
		status, answer := a.post("/user_management/authenticate", fields{
			"grant_type": "authorization_code", "client_id": a.srv.ClientID(), "redirect_uri": uri,
			"code": a.code(verifier, "alice@example.com"), "code_verifier": verifier,
		})
		if status != want {
			t.Errorf("%s: %d %v", uri, status, answer)
		}
	}
}

func TestRefusalsOfAUserComeWithWhatTheClientNeeds(t *testing.T) {
	for refusal, want := range map[emulator.Refusal]struct {
		status int
		field  string
	}{
		emulator.SSORequired:               {400, "connection_ids"},
		emulator.MFAEnrollment:             {403, "pending_authentication_token"},
		emulator.MFAChallenge:              {403, "pending_authentication_token"},
		emulator.EmailVerificationRequired: {403, "pending_authentication_token"},
		emulator.InvalidGrant:              {400, "error_description"},
	} {
		a := start(t, emulator.Config{Users: []emulator.User{{Email: "dora@example.com", OnSignIn: refusal}}})
		verifier := newVerifier()
		status, answer := a.exchange(a.code(verifier, "dora@example.com"), verifier)
		if status != want.status || answer.problem() != string(refusal) || answer[want.field] == nil {
			t.Errorf("%s: %d %v", refusal, status, answer)
		}
	}
}

func TestTheAppChoosesTheOrganization(t *testing.T) {
	a := start(t, emulator.Config{SelectOrganizationAtExchange: true})
	verifier := newVerifier()
	code := a.code(verifier, "bob@example.com")
	status, asked := a.exchange(code, verifier)
	wantProblem(t, "the exchange", status, asked, "organization_selection_required")
	offered, _ := asked["organizations"].([]any)
	if len(offered) != 2 {
		t.Fatalf("bob belongs to two organizations, and is offered %v", offered)
	}
	choose := func(id any) (int, fields) {
		return a.post("/user_management/authenticate", fields{
			"grant_type": "urn:workos:oauth:grant-type:organization-selection", "client_id": a.srv.ClientID(),
			"pending_authentication_token": asked["pending_authentication_token"], "organization_id": id,
		})
	}
	status, answer := choose("org_01UNKNOWN")
	wantProblem(t, "an unknown organization", status, answer, "organization_not_found")
	wanted := offered[1].(map[string]any)["id"]
	status, answer = choose(wanted)
	if status != http.StatusOK || answer["organization_id"] != wanted || answer.claims(t)["org_id"] != wanted {
		t.Errorf("the choice gives %d %v", status, answer)
	}
	status, again := choose(wanted)
	wantProblem(t, "the same token again", status, again, "invalid_pending_authentication_token")

	a.exchange(code, verifier)
	status, after := a.refresh(answer.text("refresh_token"))
	wantProblem(t, "a refresh after the code's replay", status, after, "invalid_grant")
}

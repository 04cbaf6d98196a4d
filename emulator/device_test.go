package emulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authkit-desktop/authkit/emulator"
)

func (a app) device() fields {
	a.Helper()
	status, answer := a.post("/user_management/authorize/device", fields{"client_id": a.srv.ClientID()})
	if status != http.StatusOK {
		a.Fatalf("device authorization: %d %v", status, answer)
	}
	return answer
}

func (a app) poll(device fields) (int, fields) {
	a.Helper()
	return a.post("/user_management/authenticate", fields{
		"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": a.srv.ClientID(), "device_code": device["device_code"],
	})
}

func TestADeviceIsLetIn(t *testing.T) {
	clock := newClock()
	a := start(t, emulator.Config{Now: clock.now})
	device := a.device()
	if device["expires_in"] != 300.0 || device["interval"] != 5.0 || !strings.HasPrefix(device.text("verification_uri_complete"), device.text("verification_uri")) {
		t.Errorf("the device is told %v", device)
	}
	status, answer := a.poll(device)
	wantProblem(t, "before anybody decided", status, answer, "authorization_pending")
	if err := a.srv.ApproveDevice(device.text("user_code"), "alice@example.com"); err != nil {
		t.Fatal(err)
	}
	clock.add(5 * time.Second)
	status, answer = a.poll(device)
	if user, _ := answer["user"].(map[string]any); status != http.StatusOK || user["email"] != "alice@example.com" {
		t.Fatalf("the approved device gets %d %v", status, answer)
	}
	if status, next := a.refresh(answer.text("refresh_token")); status != http.StatusOK {
		t.Errorf("its refresh gets %d %v", status, next)
	}
	clock.add(5 * time.Second)
	status, answer = a.poll(device)
	wantProblem(t, "the same code again", status, answer, "invalid_grant")
}

func TestC32_AQuickPollIsSlowedDownForGood(t *testing.T) {
	clock := newClock()
	a := start(t, emulator.Config{Now: clock.now})
	device := a.device()
	for i, step := range []struct {
		wait time.Duration
		want string
	}{
		{0, "authorization_pending"},
		{5 * time.Second, "authorization_pending"},
		{2 * time.Second, "slow_down"},              // 10 s from now on
		{9 * time.Second, "slow_down"},              // 15 s
		{15 * time.Second, "authorization_pending"}, // in time
		{14 * time.Second, "slow_down"},             // for good
	} {
		clock.add(step.wait)
		status, answer := a.poll(device)
		if answer.problem() != step.want {
			t.Errorf("poll %d: %d %v instead of %s", i+1, status, answer, step.want)
		}
	}
}

func TestC33_ADeviceIsKeptOutOrTooLate(t *testing.T) {
	clock := newClock()
	a := start(t, emulator.Config{Now: clock.now})
	denied, late := a.device(), a.device()
	if err := a.srv.DenyDevice(denied.text("user_code")); err != nil {
		t.Fatal(err)
	}
	status, answer := a.poll(denied)
	wantProblem(t, "a denied device", status, answer, "access_denied")
	if a.srv.ApproveDevice(denied.text("user_code"), "alice@example.com") == nil {
		t.Error("a denied device can be approved")
	}
	clock.add(5 * time.Minute)
	status, answer = a.poll(late)
	wantProblem(t, "after five minutes", status, answer, "expired_token")
	if a.srv.ApproveDevice(late.text("user_code"), "alice@example.com") == nil {
		t.Error("an expired device can be approved")
	}
	status, answer = a.poll(fields{"device_code": "unknown"})
	wantProblem(t, "an unknown code", status, answer, "invalid_grant")
}

func TestTheDeviceGrantCanBeSwitchedOff(t *testing.T) {
	a := start(t, emulator.Config{DeviceDisabled: true})
	status, answer := a.post("/user_management/authorize/device", fields{"client_id": a.srv.ClientID()})
	if wantProblem(t, "switched off", status, answer, "access_denied"); status != http.StatusForbidden {
		t.Errorf("the status is %d", status)
	}
	status, answer = a.post("/user_management/authorize/device", fields{"client_id": "client_other"})
	wantProblem(t, "another client", status, answer, "invalid_client")
}

// decide sends the buttons of the device's page.
func (b *browser) decide(code, decision string) {
	b.Helper()
	b.send(http.MethodPost, b.srv.URL()+"/device?user_code="+url.QueryEscape(code), url.Values{"decision": {decision}})
}

func TestThePersonConfirmsTheDevicesCode(t *testing.T) {
	clock := newClock()
	a := start(t, emulator.Config{Now: clock.now})
	device := a.device()
	code := device.text("user_code")
	b := newBrowser(a)
	b.open(device.text("verification_uri"))
	b.sees("Enter the code")
	b.open(device.text("verification_uri") + "?user_code=BBBB-BBBB")
	b.sees("No device waits with this code")
	b.open(device.text("verification_uri") + "?user_code=" + url.QueryEscape(strings.ToLower(strings.ReplaceAll(code, "-", " "))))
	b.sees("<h1>Sign in</h1>")
	b.submit("sign-in", "email", "alice@example.com", "password", emulator.DefaultPassword)
	b.sees("Does your device show this code?")
	b.sees(code)
	status, answer := a.poll(device)
	wantProblem(t, "before the button", status, answer, "authorization_pending")
	b.decide(code, "approve")
	b.sees("You are signed in on the device")
	clock.add(5 * time.Second)
	if status, answer := a.poll(device); status != http.StatusOK || answer["organization_id"] != a.organization("Acme") {
		t.Errorf("the device gets %d %v", status, answer)
	}

	other := a.device()
	b.decide(other.text("user_code"), "deny")
	b.sees("was not signed in")
	status, answer = a.poll(other)
	wantProblem(t, "after No", status, answer, "access_denied")
}

package emulator

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// deviceGrant is a device that waits for a person to let it in (RFC 8628).
type deviceGrant struct {
	userCode string
	expires  time.Time
	interval time.Duration
	polled   time.Time
	denied   bool
	spent    bool
	approved *code // who let it in; nil: nobody yet
}

// deviceAnswer is RFC 8628 §3.2.
type deviceAnswer struct {
	DeviceCode              string `json:"device_code"`
	UserCode                string `json:"user_code"`
	VerificationURI         string `json:"verification_uri"`
	VerificationURIComplete string `json:"verification_uri_complete"`
	ExpiresIn               int    `json:"expires_in"`
	Interval                int    `json:"interval"`
}

func (s *Server) authorizeDevice(w http.ResponseWriter, r *http.Request) {
	call, c := callOf(r), s.config()
	switch {
	case call.refused != nil:
		call.refused.write(w)
		return
	case call.request.ClientID != c.ClientID:
		oauthRefusal("invalid_client", "The client_id is not the one of this emulator.").write(w)
		return
	case c.DeviceDisabled:
		f := oauthRefusal("access_denied", "The device grant is switched off.")
		f.status = http.StatusForbidden
		f.write(w)
		return
	}
	key := rand.Text() + rand.Text()
	d := s.newDevice(key, c)
	writeJSON(w, http.StatusOK, deviceAnswer{
		DeviceCode: key, UserCode: d.userCode,
		VerificationURI:         s.url + "/device",
		VerificationURIComplete: s.url + "/device?user_code=" + url.QueryEscape(d.userCode),
		ExpiresIn:               seconds(c.DeviceLifetime), Interval: seconds(c.DeviceInterval),
	})
}

func (s *Server) newDevice(key string, c *Config) *deviceGrant {
	now := s.now()
	d := &deviceGrant{expires: now.Add(c.DeviceLifetime), interval: c.DeviceInterval}
	s.mu.Lock()
	defer s.mu.Unlock()
	for d.userCode == "" || s.userCodes[d.userCode] != nil {
		d.userCode = newUserCode()
	}
	// Spent and expired ones stay on the shelf for as long again, so that late polls hear why.
	s.devices.put(now, key, d, d.expires.Add(c.DeviceLifetime))
	s.userCodes[d.userCode] = d
	return d
}

// newUserCode has eight of twenty consonants: no words, nothing to confuse (RFC 8628 §6.1).
func newUserCode() string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	var b [8]byte
	rand.Read(b[:])
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b[:4]) + "-" + string(b[4:])
}

// plainUserCode forgives what people do to codes (RFC 8628 §6.1).
func plainUserCode(typed string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	if len(letters) != 8 {
		return ""
	}
	return letters[:4] + "-" + letters[4:]
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// pollSlack forgives what the network does to two polls sent a full interval apart.
const pollSlack = 250 * time.Millisecond

// pollDevice is RFC 8628 §3.5.
func (s *Server) pollDevice(req tokenRequest) (*tokens, *refusal) {
	c, refused := s.claimDevice(req.DeviceCode)
	if refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	a := s.users[c.userID]
	s.mu.Unlock()
	if a == nil {
		return nil, oauthRefusal("invalid_grant", "The user is gone.")
	}
	return s.signedIn(a, c)
}

func (s *Server) claimDevice(key string) (*code, *refusal) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.devices.get(now, key)
	switch {
	case !ok || d.spent:
		return nil, oauthRefusal("invalid_grant", "The device_code is not known, or was used before.")
	case !now.Before(d.expires):
		return nil, oauthRefusal("expired_token", "The device_code has expired.")
	case d.tooSoon(now):
		return nil, oauthRefusal("slow_down", fmt.Sprintf("Wait %d seconds between two polls from now on.", seconds(d.interval)))
	case d.denied:
		return nil, oauthRefusal("access_denied", "The person did not let the device in.")
	case d.approved == nil:
		return nil, oauthRefusal("authorization_pending", "The person has not decided yet.")
	}
	d.spent = true
	return d.approved, nil
}

// tooSoon notes a poll. One before the interval is over makes the interval longer for good: "the
// interval MUST be increased by 5 seconds for this and all subsequent requests" (RFC 8628 §3.5).
func (d *deviceGrant) tooSoon(now time.Time) bool {
	early := !d.polled.IsZero() && now.Sub(d.polled) < d.interval-pollSlack
	d.polled = now
	if early {
		d.interval += 5 * time.Second
	}
	return early
}

// waitingDevice finds a device that still waits, by what a person typed.
func (s *Server) waitingDevice(typed string) *deviceGrant {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.userCodes[plainUserCode(typed)]
	if d == nil || d.spent || d.denied || d.approved != nil || !now.Before(d.expires) {
		return nil
	}
	return d
}

// device is the page that a device sends its person to.
func (s *Server) device(w http.ResponseWriter, r *http.Request) {
	v := &visit{s: s, w: w, r: r, browser: s.browserOf(r), code: plainUserCode(r.URL.Query().Get("user_code"))}
	switch {
	case r.URL.Query().Get("user_code") == "":
		v.show(http.StatusOK, "device", view{Title: "Connect a device"})
	case s.waitingDevice(v.code) == nil:
		v.show(http.StatusNotFound, "device", view{Title: "Connect a device", Problem: "No device waits with this code. Check it, or start again on the device."})
	case v.browser == nil:
		v.showSignIn(http.StatusOK, "")
	default:
		// "inform the user that they are authorizing a device and confirm that the device is in their
		// possession" (RFC 8628 §3.3.1), also when the code came by the complete address.
		v.show(http.StatusOK, "approve", view{Title: "Connect a device", Code: v.code, Email: v.person().Email, Choices: v.s.choices(v.person())})
	}
}

// decideDevice takes the person's word.
func (s *Server) decideDevice(w http.ResponseWriter, r *http.Request) {
	v := &visit{s: s, w: w, r: r, browser: s.browserOf(r), code: plainUserCode(r.URL.Query().Get("user_code"))}
	d, a := s.waitingDevice(v.code), v.person()
	switch {
	case d == nil || a == nil:
		v.goTo("/device")
	case r.PostFormValue("decision") == "approve":
		s.approve(d, a, v.browser, r.PostFormValue("organization_id"))
		v.show(http.StatusOK, "message", view{Title: "Device connected", Lead: "You are signed in on the device. You can close this page."})
	default:
		v.cancel()
	}
}

func (s *Server) approve(d *deviceGrant, a *account, b *browser, organization string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := s.organizationsOfLocked(a)
	if len(mine) == 1 {
		organization = mine[0].ID
	}
	ok := false
	for _, org := range mine {
		ok = ok || org.ID == organization
	}
	if !ok {
		organization = ""
	}
	d.approved = &code{userID: a.ID, organizationID: organization, method: b.method, since: b.since, browser: b.key}
}

func (s *Server) deny(userCode string) bool {
	d := s.waitingDevice(userCode)
	if d == nil {
		return false
	}
	s.mu.Lock()
	d.denied = true
	s.mu.Unlock()
	return true
}

// ApproveDevice plays the person who lets a device in.
func (s *Server) ApproveDevice(userCode, email string) error {
	d := s.waitingDevice(userCode)
	s.mu.Lock()
	a := s.findUserLocked(email)
	s.mu.Unlock()
	switch {
	case d == nil:
		return errors.New("no device waits with this code")
	case a == nil:
		return fmt.Errorf("no user %q: add it first with AddUser", email)
	}
	s.approve(d, a, &browser{method: "Password", since: s.now()}, "")
	return nil
}

// DenyDevice plays the person who keeps a device out.
func (s *Server) DenyDevice(userCode string) error {
	if !s.deny(userCode) {
		return errors.New("no device waits with this code")
	}
	return nil
}

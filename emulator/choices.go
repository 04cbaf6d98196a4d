package emulator

import (
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
)

// showOrganizations asks a member of several for which one the session is to be.
func (v *visit) showOrganizations() {
	a := v.person()
	if a == nil {
		v.showSignIn(http.StatusForbidden, "Sign in first.")
		return
	}
	v.show(http.StatusOK, "organization", view{Title: "Choose an organization", Email: a.Email, Choices: v.s.choices(a)})
}

func (v *visit) chooseOrganization() {
	if v.r.PostFormValue("organization_id") == "" {
		v.showOrganizations()
		return
	}
	v.continueAsPerson()
}

// showVerify asks for the code that an email would bring. There is no email here, so the page shows it.
func (v *visit) showVerify(status int, problem string) {
	a := v.person()
	if a == nil {
		v.showSignIn(http.StatusForbidden, "Sign in first.")
		return
	}
	v.show(status, "verify", view{Title: "Check your email", Email: a.Email, Problem: problem, Code: v.s.emailCode(a)})
}

func (v *visit) verify() {
	a := v.person()
	if a == nil {
		v.showSignIn(http.StatusForbidden, "Sign in first.")
		return
	}
	given := strings.TrimSpace(v.r.PostFormValue("code"))
	if subtle.ConstantTimeCompare([]byte(given), []byte(v.s.emailCode(a))) != 1 {
		v.showVerify(http.StatusUnprocessableEntity, "That is not the code.")
		return
	}
	_ = v.s.ChangeUser(a.ID, func(u *User) { u.EmailVerified = true }) // a user removed meanwhile stays removed
	v.continueAsPerson()
}

// emailCode is always the same for a user in one run, so that a person may open the page twice.
func (s *Server) emailCode(a *account) string {
	mac := []byte(s.mac([]byte("email code\x00" + a.ID)))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(mac)%1_000_000)
}

// picksAccount says whether the way in is a foreign provider or single sign-on, where the emulator
// plays the other side and lets the person choose who to be.
func (v *visit) picksAccount() bool {
	return v.method() != "Password"
}

// method is the authentication_method that the wanted way in leads to.
func (v *visit) method() string {
	switch {
	case v.want == nil:
		return "Password"
	case v.want.connectionID != "":
		return "SSO"
	case v.want.provider != "" && v.want.provider != "authkit":
		return v.want.provider
	}
	return "Password"
}

// providerName is what the account page calls the other side.
func (v *visit) providerName() string {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	if c, ok := v.s.connections[v.want.connectionID]; ok {
		return c.Name
	}
	return strings.TrimSuffix(v.want.provider, "OAuth")
}

// again shows the page that a sign-in began with, and what is wrong.
func (v *visit) again(status int, problem string) {
	switch {
	case v.unattended():
		v.refuse(oauthRefusal("access_denied", problem))
	case v.picksAccount():
		v.showAccounts(status, problem)
	default:
		v.showSignIn(status, problem)
	}
}

// maxListed bounds the accounts that a page lists; others are reached by their email.
const maxListed = 20

func (v *visit) showAccounts(status int, problem string) {
	if !v.picksAccount() {
		v.showSignIn(status, problem)
		return
	}
	name := v.providerName()
	var list []account
	for _, u := range v.s.Users() {
		if len(list) < maxListed {
			list = append(list, account{User: u})
		}
	}
	v.show(status, "accounts", view{Title: "Continue with " + name, Problem: problem, Email: v.want.loginHint, Accounts: list})
}

func (v *visit) pickAccount() {
	if !v.picksAccount() {
		v.showSignIn(http.StatusForbidden, "This sign-in wants a password.")
		return
	}
	v.s.mu.Lock()
	a := v.s.byEmail[strings.ToLower(strings.TrimSpace(v.r.PostFormValue("email")))]
	if org := v.s.orgs[v.s.connections[v.want.connectionID].Organization]; a != nil && org != nil {
		v.s.joinLocked(a, org, "member") // who comes by an organization's sign-on becomes a member, as provisioning does it
	}
	v.s.mu.Unlock()
	if a == nil {
		v.showAccounts(http.StatusUnprocessableEntity, "There is no account with this email.")
		return
	}
	v.signIn(a, v.method())
}

// invitation is the one that the app's link carries, if it is still open.
func (v *visit) invitation() *Invitation {
	if v.want == nil || v.want.invitation == "" {
		return nil
	}
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	return v.s.invitations[v.want.invitation]
}

// acceptInvitation makes the invited person a member, and returns of which organization. A problem is
// for the person to read.
func (v *visit) acceptInvitation(a *account) (organization, problem string) {
	i := v.invitation()
	if i == nil {
		return "", ""
	}
	if !strings.EqualFold(i.Email, a.Email) {
		return "", "This invitation is for " + i.Email + "."
	}
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	if org := v.s.orgs[i.Organization]; org != nil {
		v.s.joinLocked(a, org, i.Role)
	}
	return i.Organization, ""
}

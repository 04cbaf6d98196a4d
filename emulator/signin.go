package emulator

import (
	"crypto/subtle"
	"net/http"
	"strings"
)

// hosted is a page of the sign-in.
type hosted struct{ get, post func(*visit) }

// hostedPages are the pages under /authkit/. Those without a get are only steps.
var hostedPages = map[string]hosted{
	"sign-in":      {func(v *visit) { v.showSignIn(http.StatusOK, "") }, (*visit).passwordSignIn},
	"sign-up":      {func(v *visit) { v.showSignUp(http.StatusOK, "") }, (*visit).signUp},
	"continue":     {nil, (*visit).continueAsPerson},
	"accounts":     {func(v *visit) { v.showAccounts(http.StatusOK, "") }, (*visit).pickAccount},
	"verify":       {func(v *visit) { v.showVerify(http.StatusOK, "") }, (*visit).verify},
	"organization": {func(v *visit) { v.showOrganizations() }, (*visit).chooseOrganization},
	"cancel":       {(*visit).cancel, nil},
}

func (s *Server) hostedPage(w http.ResponseWriter, r *http.Request) {
	page, ok := hostedPages[r.PathValue("page")]
	handle := page.get
	if r.Method == http.MethodPost {
		handle = page.post
	}
	switch {
	case !ok:
		s.notFound(w, r)
	case handle == nil:
		w.Header().Set("Allow", map[bool]string{true: "GET", false: "POST"}[page.get != nil])
		apiRefusal(http.StatusMethodNotAllowed, "", "This page does not know the method "+r.Method+".").write(w)
	default:
		if v, ok := s.visit(w, r); ok {
			handle(v)
		}
	}
}

func (v *visit) showSignIn(status int, problem string) {
	email := v.r.PostFormValue("email")
	if email == "" && v.want != nil {
		email = v.want.loginHint
		if i := v.invitation(); i != nil {
			email = i.Email
		}
	}
	v.show(status, "sign-in", view{Title: "Sign in", Problem: problem, Email: email, Hints: v.s.hints()})
}

func (v *visit) passwordSignIn() {
	email, password := v.r.PostFormValue("email"), v.r.PostFormValue("password")
	v.s.mu.Lock()
	a := v.s.byEmail[strings.ToLower(email)]
	v.s.mu.Unlock()
	if a == nil || subtle.ConstantTimeCompare([]byte(a.Password), []byte(password)) != 1 {
		// One message for both, so that a test of the page sees what the real one would tell.
		v.showSignIn(http.StatusUnprocessableEntity, "The email or the password is not right.")
		return
	}
	v.signIn(a, "Password")
}

// continueAsPerson goes on as the person who is signed in here already.
func (v *visit) continueAsPerson() {
	a := v.person()
	if a == nil {
		v.showSignIn(http.StatusForbidden, "You are no longer signed in here.")
		return
	}
	v.proceed(a, v.browser)
}

// cancel tells the app that the person did not want to.
func (v *visit) cancel() {
	if v.want == nil {
		v.s.deny(v.code)
		v.show(http.StatusOK, "message", view{Title: "Denied", Lead: "The device was not signed in. You can close this page."})
		return
	}
	noteError(v.w, "access_denied")
	v.refuse(oauthRefusal("access_denied", "The person canceled the sign-in."))
}

func (v *visit) showSignUp(status int, problem string) {
	if v.s.config().NoSignUp {
		v.showSignIn(http.StatusForbidden, "Signing up is switched off here.")
		return
	}
	email := v.r.PostFormValue("email")
	if i := v.invitation(); email == "" && i != nil {
		email = i.Email
	} else if email == "" && v.want != nil {
		email = v.want.loginHint
	}
	v.show(status, "sign-up", view{
		Title: "Create an account", Problem: problem, Email: email,
		FirstName: v.r.PostFormValue("first_name"), LastName: v.r.PostFormValue("last_name"),
	})
}

// minPassword is the shortest password that sign-up takes, in bytes.
const minPassword = 8

func (v *visit) signUp() {
	u := User{
		Email: strings.TrimSpace(v.r.PostFormValue("email")), Password: v.r.PostFormValue("password"),
		FirstName: strings.TrimSpace(v.r.PostFormValue("first_name")), LastName: strings.TrimSpace(v.r.PostFormValue("last_name")),
	}
	a, problem := v.s.register(u)
	if problem != "" {
		v.showSignUp(http.StatusUnprocessableEntity, problem)
		return
	}
	v.signIn(a, "Password")
}

// register adds a user who signed up. A problem is for the person to read.
func (s *Server) register(u User) (a *account, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.config().NoSignUp:
		return nil, "Signing up is switched off here."
	case checkEmail(u.Email) != nil:
		return nil, "That is not an email address."
	case len(u.Password) < minPassword:
		return nil, "The password needs at least 8 characters."
	case len(u.Password) > 1024 || len(u.FirstName) > 200 || len(u.LastName) > 200:
		return nil, "That is too long."
	case s.byEmail[strings.ToLower(u.Email)] != nil:
		return nil, "Someone with this email has an account already. Sign in instead."
	}
	a, err := s.addUserLocked(u)
	if err != nil {
		return nil, err.Error()
	}
	return a, ""
}

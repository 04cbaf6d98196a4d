package emulator

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

//go:embed pages
var pageFiles embed.FS

// pages are parsed when the first is shown: a test that plays the person through the API needs none.
var pages = parseOnce()

// view is what a page shows. Each page uses some of it.
type view struct {
	Title, Lead, Problem       string
	Email, FirstName, LastName string
	Code                       string
	Hints                      []User
	Choices                    []choice
	Accounts                   []account
	Status                     *statusView

	SignUp, Cancel bool              // offer the way there
	Person         *account          // who is signed in here
	Links          map[string]string // to the other pages for the same purpose
}

func (v *visit) show(status int, page string, what view) {
	what.SignUp = !v.s.config().NoSignUp
	what.Cancel = v.want != nil || v.code != ""
	what.Person = v.person()
	what.Links = v.links()
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, page+".html", what); err != nil {
		apiRefusal(http.StatusInternalServerError, "", "The page could not be made: "+err.Error()).write(v.w)
		return
	}
	v.protect()
	v.w.Header().Set(pageHeader, page)
	if what.Problem != "" {
		v.w.Header().Set(problemHeader, strconv.QuoteToASCII(what.Problem))
	}
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes()) // into memory
}

func (v *visit) links() map[string]string {
	all := map[string]string{}
	for _, page := range []string{"sign-in", "sign-up", "continue", "accounts", "verify", "organization", "cancel"} {
		all[strings.ReplaceAll(page, "-", "_")] = v.to(page)
	}
	all["device"] = v.to("/device")
	return all
}

// protect sets what keeps a page from being framed, scripted, cached or leaked by its address.
func (v *visit) protect() {
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	// Not no-referrer: browsers that do not send Sec-Fetch-Site then say "Origin: null" on our own forms.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"+v.formTarget())
}

// formTarget lets a form's answer lead back to the app: browsers apply form-action to redirects too.
func (v *visit) formTarget() string {
	if v.want == nil {
		return ""
	}
	u, err := url.Parse(v.want.redirectURI)
	switch {
	case err != nil:
		return ""
	case u.Scheme != "http" && u.Scheme != "https":
		return " " + u.Scheme + ":"
	case strings.HasPrefix(u.Host, "["):
		return " " + u.Scheme + ":" // a policy cannot name an IPv6 address
	}
	return " " + u.Scheme + "://" + u.Host
}

// fail shows an error that the app cannot be told, to a person or to a program.
func (v *visit) fail(status int, code, why string) {
	if !strings.Contains(v.r.Header.Get("Accept"), "text/html") {
		f := apiRefusal(status, code, why)
		f.oauth = code != ""
		f.write(v.w)
		return
	}
	noteError(v.w, code)
	v.want = nil
	v.show(status, "error", view{Title: "This link does not work", Problem: why, Code: code})
}

func (s *Server) style(w http.ResponseWriter, r *http.Request) {
	css, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		s.notFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=300")
	_, _ = w.Write(css) // into memory
}

// hints are the users whose password is no secret, for the note on the sign-in page.
func (s *Server) hints() []User {
	var list []User
	for _, u := range s.Users() {
		if u.Password == DefaultPassword && len(list) < 3 {
			list = append(list, u)
		}
	}
	return list
}

func parseOnce() func() *template.Template {
	return sync.OnceValue(func() *template.Template {
		return template.Must(template.New("").Funcs(template.FuncMap{"initials": initials}).ParseFS(pageFiles, "pages/*.html"))
	})
}

// initials stand for a picture.
func initials(name string) string {
	var letters []rune
	for word := range strings.FieldsSeq(name) {
		letters = append(letters, []rune(strings.ToUpper(word))[0])
	}
	if len(letters) > 2 {
		letters = []rune{letters[0], letters[len(letters)-1]}
	}
	return string(letters)
}

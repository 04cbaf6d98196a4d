package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// Person plays somebody at a browser, with its cookies and without its window. What they do takes the
// same routes, counts and faults as a browser's requests, but no connection. Its methods are safe for
// concurrent use, as several windows of one browser are; its fields are set before.
type Person struct {
	Email        string
	Password     string // zero: the one the user has
	Organization string // id or name, chosen when a page asks; zero: the first

	s       *Server
	mu      sync.Mutex // guards cookies
	cookies map[string]string
}

// Person is somebody with a fresh browser.
func (s *Server) Person(email string) *Person {
	return &Person{Email: email, s: s, cookies: map[string]string{}}
}

// SignIn opens the address that an app gave to the browser, signs in, and returns where the browser is
// sent in the end: the redirect URI with a code, or with an error.
func (p *Person) SignIn(ctx context.Context, authorizeURL string) (redirect string, err error) {
	return p.walk(ctx, authorizeURL, p.fillIn)
}

// Cancel opens the address and wants nothing of it: the app hears access_denied.
func (p *Person) Cancel(ctx context.Context, authorizeURL string) (redirect string, err error) {
	return p.walk(ctx, authorizeURL, func(ctx context.Context, at *url.URL, _ string) (*http.Request, error) {
		return request(ctx, http.MethodGet, at, "/authkit/cancel", nil)
	})
}

// Open follows an address to its end, such as a sign-out link, and returns where it leads outside the
// emulator; empty when it ends on a page.
func (p *Person) Open(ctx context.Context, address string) (redirect string, err error) {
	redirect, err = p.walk(ctx, address, func(context.Context, *url.URL, string) (*http.Request, error) {
		return nil, errArrived
	})
	if errors.Is(err, errArrived) {
		return "", nil
	}
	return redirect, err
}

var errArrived = errors.New("arrived")

// maxSteps is more than the longest way through the pages, and ends a walk in circles.
const maxSteps = 12

// walk follows redirects inside the emulator, and lets decide answer each page on the way.
func (p *Person) walk(ctx context.Context, address string, decide func(context.Context, *url.URL, string) (*http.Request, error)) (string, error) {
	at, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("cannot open the sign-in page: %w", err)
	}
	home := at.Host
	req, err := request(ctx, http.MethodGet, at, at.Path, nil)
	for range maxSteps {
		if err != nil {
			return "", err
		}
		answer, err2 := p.send(req)
		if err2 != nil {
			return "", err2
		}
		if problem := answer.header.Get(problemHeader); problem != "" {
			return "", fmt.Errorf("the sign-in page says: %s", problem)
		}
		location := answer.header.Get("Location")
		if location == "" {
			req, err = decide(ctx, at, answer.header.Get(pageHeader))
			continue
		}
		next, err3 := req.URL.Parse(location)
		if err3 != nil {
			return "", fmt.Errorf("the redirect is damaged: %w", err3)
		}
		if next.Host != home || next.Scheme != at.Scheme {
			return location, nil
		}
		req, err = request(ctx, http.MethodGet, next, next.Path, nil)
	}
	return "", fmt.Errorf("the sign-in page asks the same again and again")
}

// Every page says what it is, and what is wrong, to those who do not read HTML.
const (
	pageHeader    = "X-AuthKit-Emulator-Page"
	problemHeader = "X-AuthKit-Emulator-Problem"
)

// fillIn answers a page as the person would.
func (p *Person) fillIn(ctx context.Context, at *url.URL, page string) (*http.Request, error) {
	p.s.mu.Lock()
	a, org := p.s.findUserLocked(p.Email), p.s.findOrganizationLocked(p.Organization)
	p.s.mu.Unlock()
	form := url.Values{"email": {p.Email}, "password": {p.Password}}
	if a != nil {
		form.Set("code", p.s.emailCode(a))
		if p.Password == "" {
			form.Set("password", a.Password)
		}
		if offered := p.s.choices(a); org != nil {
			form.Set("organization_id", org.ID)
		} else if len(offered) > 0 {
			form.Set("organization_id", offered[0].ID)
		}
	}
	switch page {
	case "sign-in", "accounts", "verify", "organization":
	case "continue", "sign-up": // this person knows who they are
		page = "sign-in"
	default:
		return nil, fmt.Errorf("a person cannot go on from the page %q", page)
	}
	if page == "sign-in" { // the organization is asked for later, if at all
		form.Del("organization_id")
	}
	return request(ctx, http.MethodPost, at, "/authkit/"+page, form)
}

// request asks for another path with the query of the page.
func request(ctx context.Context, method string, at *url.URL, path string, form url.Values) (*http.Request, error) {
	to := *at
	to.Path, to.RawPath = path, ""
	req, err := http.NewRequestWithContext(ctx, method, to.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("cannot open the sign-in page: %w", err)
	}
	req.Header.Set("Accept", "text/html")
	req.Header.Set("User-Agent", "emulator.Person")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req, nil
}

// send hands the request to the server without a connection, and keeps the cookies.
func (p *Person) send(req *http.Request) (out *answer, err error) {
	p.mu.Lock()
	for name, value := range p.cookies {
		req.Header.Add("Cookie", name+"="+value)
	}
	p.mu.Unlock()
	out = &answer{header: http.Header{}}
	defer func() {
		switch r := recover(); r {
		case nil:
		case http.ErrAbortHandler:
			err = errors.New("the connection was dropped")
		default:
			panic(r)
		}
	}()
	p.s.ServeHTTP(out, req)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range (&http.Response{Header: out.header}).Cookies() {
		p.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(p.cookies, c.Name)
		}
	}
	if out.status >= 400 && out.header.Get(problemHeader) == "" {
		return nil, fmt.Errorf("the emulator answers %s: %s", strconv.Itoa(out.status), out.body)
	}
	return out, req.Context().Err()
}

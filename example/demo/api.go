package demo

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/authkit-desktop/authkit"
	"github.com/authkit-desktop/authkit/emulator"
	"github.com/coreos/go-oidc/v3/oidc"
)

// API stands where your server is: it believes nothing but the access token, and needs nothing of this app. To move it,
// take verify along; it works with any AuthKit environment.
//
//	GET /api/me             the token's claims
//	GET /api/organizations  where the person is a member. A server asks WorkOS for it, with its API key; this one asks the
//	                        demo, and without the demo it does not know
func (d *Demo) API(ctx context.Context, about authkit.About) http.Handler {
	keys := oidc.NewRemoteKeySet(ctx, about.APIURL+"/sso/jwks/"+about.ClientID)
	v := &verifier{
		// The issuer has several forms, so it is checked below; an access token names no audience.
		tokens: oidc.NewVerifier("", keys, &oidc.Config{SkipIssuerCheck: true, SkipClientIDCheck: true,
			Now: func() time.Time { return time.Now().Add(-leeway) }}),
		issuers: []string{about.APIURL, about.APIURL + "/", about.APIURL + "/user_management/" + about.ClientID},
	}
	mux := http.NewServeMux()
	mux.Handle("GET /api/me", v.protect(func(w http.ResponseWriter, token *oidc.IDToken) {
		var claims map[string]any
		if err := token.Claims(&claims); err != nil {
			refuse(w, http.StatusBadRequest, "the token's claims cannot be read")
			return
		}
		answer(w, http.StatusOK, claims)
	}))
	mux.Handle("GET /api/organizations", v.protect(func(w http.ResponseWriter, token *oidc.IDToken) {
		if d.server == nil {
			refuse(w, http.StatusNotFound, "this server knows no organizations")
			return
		}
		answer(w, http.StatusOK, d.organizations(token.Subject))
	}))
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "there is no such thing here")
	})
	return mux
}

// leeway is what the clocks of two machines may differ by, and what a request may take.
const leeway = 10 * time.Second

type verifier struct {
	tokens  *oidc.IDTokenVerifier
	issuers []string
}

// protect lets a request pass that has a valid access token (RFC 6750 §2.1).
func (v *verifier) protect(next func(http.ResponseWriter, *oidc.IDToken)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "this needs an access token")
			return
		}
		token, err := v.tokens.Verify(r.Context(), raw)
		if err != nil || !slices.Contains(v.issuers, token.Issuer) {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			refuse(w, http.StatusUnauthorized, "the access token is not valid here")
			return
		}
		next(w, token)
	})
}

type organization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (d *Demo) organizations(userID string) []organization {
	users := d.server.Users()
	me := slices.IndexFunc(users, func(u emulator.User) bool { return u.ID == userID })
	list := []organization{}
	for _, o := range d.server.Organizations() {
		if me >= 0 && slices.ContainsFunc(o.Members, func(m emulator.Member) bool {
			return !m.Inactive && (m.User == userID || strings.EqualFold(m.User, users[me].Email))
		}) {
			list = append(list, organization{o.ID, o.Name})
		}
	}
	return list
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"message": message})
}

func answer(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(content)
}

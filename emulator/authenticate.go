package emulator

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The grants of a public client.
const (
	grantCode         = "authorization_code"
	grantRefresh      = "refresh_token"
	grantDevice       = "urn:ietf:params:oauth:grant-type:device_code"
	grantOrganization = "urn:workos:oauth:grant-type:organization-selection"
)

// tokenRequest is the body of authenticate and of its neighbors.
type tokenRequest struct {
	GrantType    string `json:"grant_type"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`

	Code         string `json:"code"`
	CodeVerifier string `json:"code_verifier"`
	RedirectURI  string `json:"redirect_uri"`

	RefreshToken   string `json:"refresh_token"`
	OrganizationID string `json:"organization_id"`
	DeviceCode     string `json:"device_code"`
	PendingToken   string `json:"pending_authentication_token"`

	SessionID string `json:"session_id"`
}

// readTokenRequest takes JSON, as the API says, and the form that standard OAuth clients send
// (RFC 6749 §4.1.3).
func readTokenRequest(r *http.Request, body []byte) (tokenRequest, *refusal) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" {
		return readTokenForm(body)
	}
	var req tokenRequest
	err := json.Unmarshal(body, &req)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return req, apiRefusal(http.StatusUnprocessableEntity, "invalid_request_parameters", "The field "+wrong.Field+" must be a string.")
	case err != nil:
		return req, oauthRefusal("invalid_request", "The body is not a JSON object.")
	}
	return req, nil
}

func readTokenForm(body []byte) (req tokenRequest, refused *refusal) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return req, oauthRefusal("invalid_request", "The form in the body is damaged.")
	}
	flat := map[string]string{}
	for name, values := range form {
		if len(values) > 1 { // "Request and response parameters MUST NOT be included more than once" (RFC 6749 §3.2)
			return req, oauthRefusal("invalid_request", "A parameter is there more than once.")
		}
		flat[name] = values[0]
	}
	again, err := json.Marshal(flat)
	if err == nil {
		err = json.Unmarshal(again, &req)
	}
	if err != nil {
		return req, oauthRefusal("invalid_request", "The form in the body is damaged.")
	}
	return req, nil
}

// authenticate turns codes, refresh tokens and device codes into tokens.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) {
	call := callOf(r)
	if call.refused != nil {
		call.refused.write(w)
		return
	}
	answer, refused := s.grant(r, call.request)
	if refused != nil {
		refused.write(w)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) grant(r *http.Request, req tokenRequest) (*tokens, *refusal) {
	confidential, refused := s.checkClient(r, req)
	if refused != nil {
		return nil, refused
	}
	if missing := req.missing(); missing != "" {
		return nil, apiRefusal(http.StatusUnprocessableEntity, "invalid_request_parameters", "The field "+missing+" is missing.")
	}
	switch req.GrantType {
	case grantCode:
		return s.exchangeCode(req, confidential)
	case grantRefresh:
		return s.refresh(req)
	case grantDevice:
		return s.pollDevice(req)
	case grantOrganization:
		return s.chooseAtExchange(req)
	}
	return nil, oauthRefusal("invalid_request", "The grant_type is not one that this emulator knows.")
}

// missing names the first required field that is not there.
func (req tokenRequest) missing() string {
	switch {
	case req.GrantType == "":
		return "grant_type"
	case req.GrantType == grantCode && req.Code == "":
		return "code"
	case req.GrantType == grantRefresh && req.RefreshToken == "":
		return "refresh_token"
	case req.GrantType == grantDevice && req.DeviceCode == "":
		return "device_code"
	case req.GrantType == grantOrganization && req.PendingToken == "":
		return "pending_authentication_token"
	case req.GrantType == grantOrganization && req.OrganizationID == "":
		return "organization_id"
	}
	return ""
}

// checkClient knows two kinds: public clients, which have nothing to prove and must not try, and
// confidential ones, which show one of Config.APIKeys in the body or as a bearer token.
func (s *Server) checkClient(r *http.Request, req tokenRequest) (confidential bool, refused *refusal) {
	c := s.config()
	if req.ClientID != c.ClientID {
		return false, oauthRefusal("invalid_client", "The client_id is not the one of this emulator.")
	}
	secret := req.ClientSecret
	if secret == "" {
		secret = r.Header.Get("Authorization")
		secret = strings.TrimPrefix(secret, "Bearer ")
	}
	switch {
	case secret == "":
		return false, nil
	case len(c.APIKeys) == 0:
		return false, oauthRefusal("invalid_client", "A public client sends neither client_secret nor an Authorization header.")
	case !c.isAPIKey(secret):
		return false, oauthRefusal("invalid_client", "The client secret is wrong.")
	}
	return true, nil
}

// isAPIKey needs no constant time: the keys open nothing but this emulator.
func (c *Config) isAPIKey(secret string) bool {
	return slices.Contains(c.APIKeys, secret)
}

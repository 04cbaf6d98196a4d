package emulator

import (
	"encoding/json"
	"maps"
	"net/http"
)

// Refusal is an error that a user's sign-in or refresh gets instead of tokens.
type Refusal string

// The refusals of the API description that a client of a public application can meet.
const (
	SSORequired                   Refusal = "sso_required"
	MFAEnrollment                 Refusal = "mfa_enrollment"
	MFAChallenge                  Refusal = "mfa_challenge"
	EmailVerificationRequired     Refusal = "email_verification_required"
	OrganizationSelectionRequired Refusal = "organization_selection_required"
	AuthenticationMethodRefused   Refusal = "authentication_method_not_allowed"
	InvalidGrant                  Refusal = "invalid_grant"
	AccessDenied                  Refusal = "access_denied"
)

// refusal is an error answer. The API has two shapes of it, and which error has which is fixed by its
// description: OAuth's own and older ones come as error/error_description, the others as code/message.
type refusal struct {
	status      int
	code        string
	description string
	oauth       bool           // error/error_description
	more        map[string]any // further fields
}

func oauthRefusal(code, description string) *refusal {
	return &refusal{http.StatusBadRequest, code, description, true, nil}
}

func apiRefusal(status int, code, description string) *refusal {
	return &refusal{status, code, description, false, nil}
}

func (f *refusal) body() map[string]any {
	body := map[string]any{}
	maps.Copy(body, f.more)
	switch {
	case f.oauth:
		body["error"], body["error_description"] = f.code, f.description
	case f.code == "":
		body["message"] = f.description
	default:
		body["code"], body["message"] = f.code, f.description
	}
	return body
}

func (f *refusal) write(w http.ResponseWriter) {
	noteError(w, f.code)
	writeJSON(w, f.status, f.body())
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil { // claims and patches are the only parts that are not ours
		status, raw = http.StatusInternalServerError, []byte(`{"message":"The answer is not JSON."}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// "The authorization server MUST include the HTTP "Cache-Control" response header field with a
	// value of "no-store" in any response containing tokens" (RFC 6749 §5.1).
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // into memory
}

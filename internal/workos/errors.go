package workos

import (
	"fmt"
	"net/http"
	"time"
)

// Error is a refusal in the server's own words.
type Error struct {
	Code        string // the code both error shapes carry: "error" or "code"
	Description string
	Status      int           // HTTP status; for messages only, never for decisions: sources disagree about it
	RetryAfter  time.Duration // zero when the server did not say

	// What the code organization_selection_required carries.
	Pending       Secret
	Organizations []Organization
}

// Organization is one choice of organization_selection_required.
type Organization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (e *Error) Error() string {
	if e.Description == "" {
		return fmt.Sprintf("the server answered %q", e.Code)
	}
	return fmt.Sprintf("the server answered %q: %s", e.Code, e.Description)
}

// Transient reports whether the same request may succeed later. A code the protocol defines decides alone; the HTTP
// status counts only where the server named no code of its own.
func (e *Error) Transient() bool {
	switch e.Code {
	case "rate_limit_exceeded", "temporarily_unavailable", "server_error", "internal_server_error":
		return true
	case "":
		return true // an answer that is no OAuth answer says nothing about the session
	}
	return !Terminal(e.Code) && (e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooManyRequests || e.Status >= 500)
}

// Terminal reports whether code ends a session when it answers a refresh.
func Terminal(code string) bool {
	return code == "invalid_grant" || code == "mfa_enrollment" || code == "sso_required"
}

// UnreachableError says that no usable answer came back.
type UnreachableError struct {
	Host string
	Err  error
	Sent bool // the request may have reached the server, and may have been carried out
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("could not reach %s: %v", e.Host, e.Err)
}
func (e *UnreachableError) Unwrap() error { return e.Err }

// BadAnswerError says that the server answered with something that is not the protocol. Nothing of the answer is
// quoted: it may hold tokens.
type BadAnswerError struct {
	Host       string
	Status     int
	What       string
	RetryAfter time.Duration // zero: the server did not say
}

func (e *BadAnswerError) Error() string {
	return fmt.Sprintf("%s gave an answer that is not AuthKit's (HTTP %d): %s", e.Host, e.Status, e.What)
}

package workos

import "fmt"

// Secret is text that must reach the token endpoint or the vault and nothing else. Whatever prints it by accident
// (a log line, %+v of a struct around it, a JSON dump) prints a placeholder; Reveal is the one way to the text, so
// that a search for it lists every place that handles a secret.
type Secret string

const redacted = "[secret]"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Format implements fmt.Formatter for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText keeps the secret out of JSON, slog and anything else that asks for text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

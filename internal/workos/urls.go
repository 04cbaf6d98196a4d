package workos

import "maps"

import "net/url"

// AuthorizeURL is where the browser goes. query holds what varies; the fixed parameters of a public client's code
// flow with PKCE S256 are added here, so that no caller can leave them out (C03, C04).
func (c *Client) AuthorizeURL(query url.Values, challenge string) string {
	q := url.Values{}
	maps.Copy(q, query)
	q.Set("response_type", "code")
	q.Set("client_id", c.ClientID)
	q.Set("code_challenge", challenge)
	q.Set("code_challenge_method", "S256")
	return c.endpoint("user_management/authorize", q)
}

// LogoutURL ends the hosted session; it must be opened in the browser, where that session's cookie lives.
func (c *Client) LogoutURL(sessionID, returnTo string) string {
	q := url.Values{"session_id": {sessionID}}
	if returnTo != "" {
		q.Set("return_to", returnTo)
	}
	return c.endpoint("user_management/sessions/logout", q)
}

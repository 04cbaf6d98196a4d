package emulator

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// placeholder is {{ value || value … }}, as in the templates of WorkOS's dashboard. A value is a path, or a text in quotes.
var (
	placeholder = regexp.MustCompile(`\{\{\s*((?:` + alternative + `\s*\|\|\s*)*` + alternative + `)\s*\}\}`)
	oneValue    = regexp.MustCompile(alternative)
)

const alternative = `(?:[A-Za-z0-9_.-]+|'[^']*'|"[^"]*")`

// customClaims fills in a template: a text that is one placeholder becomes the value itself, others
// have it put into them, and what is not known becomes null or nothing.
func (s *Server) customClaims(claims, template map[string]any, a *account, sess *session) {
	if len(template) == 0 {
		return
	}
	known := s.known(a, sess)
	for name, value := range template {
		claims[name] = fillIn(value, known)
	}
}

// known is what a template may name.
func (s *Server) known(a *account, sess *session) map[string]any {
	known := map[string]any{"user": plain(userJSON(a)), "session": map[string]any{"id": sess.id}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if org := s.orgs[sess.organizationID]; org != nil {
		domains := []map[string]string{}
		for _, domain := range org.Domains {
			domains = append(domains, map[string]string{"domain": domain})
		}
		known["organization"] = plain(map[string]any{
			"id": org.ID, "name": org.Name, "external_id": orNull(org.ExternalID), "metadata": org.Metadata, "domains": domains,
		})
	}
	return known
}

// plain makes of a body the maps, lists and values that JSON has.
func plain(body any) (value any) {
	raw, err := json.Marshal(body)
	if err != nil || json.Unmarshal(raw, &value) != nil {
		return nil
	}
	return value
}

func fillIn(template any, known map[string]any) any {
	switch template := template.(type) {
	case string:
		if m := placeholder.FindStringSubmatch(template); m != nil && m[0] == template {
			return firstOfAll(m[1], known)
		}
		return placeholder.ReplaceAllStringFunc(template, func(m string) string {
			if v := firstOfAll(placeholder.FindStringSubmatch(m)[1], known); v != nil {
				return fmt.Sprint(v)
			}
			return ""
		})
	case map[string]any:
		filled := map[string]any{}
		for k, v := range template {
			filled[k] = fillIn(v, known)
		}
		return filled
	case []any:
		filled := make([]any, len(template))
		for i, v := range template {
			filled[i] = fillIn(v, known)
		}
		return filled
	}
	return template
}

// firstOfAll is the first of the alternatives that there is.
func firstOfAll(alternatives string, known map[string]any) any {
	for _, one := range oneValue.FindAllString(alternatives, -1) {
		if quote := one[0]; quote == '\'' || quote == '"' {
			return one[1 : len(one)-1]
		}
		if v := follow(strings.Split(one, "."), known); v != nil {
			return v
		}
	}
	return nil
}

// follow takes a path such as organization.domains.0.domain, and gives nil where it leads nowhere.
func follow(path []string, at any) any {
	for _, step := range path {
		switch inner := at.(type) {
		case map[string]any:
			at = inner[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(inner) {
				return nil
			}
			at = inner[i]
		default:
			return nil
		}
	}
	return at
}

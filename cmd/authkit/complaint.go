package main

import (
	"context"
	"errors"
	"strings"

	"github.com/authkit-desktop/authkit"
)

// The exit codes, as rootText documents them.
const (
	codeOK          = 0
	codeError       = 1
	codeUsage       = 2
	codeSignedOut   = 3
	codeOffline     = 4
	codeInterrupted = 130 // 128 + SIGINT, as a shell has it
)

// complaint is an error for the person who reads it. It is an error itself, for commands that know best.
type complaint struct {
	what, so, do string
	code         int
}

func (c complaint) Error() string { return c.what }

const toLogin = "To sign in, type: authkit login"

// explain puts an error into the words of the terminal.
func (p *program) explain(err error) complaint {
	ready, isReady := errors.AsType[complaint](err)
	config, isConfig := errors.AsType[*authkit.ConfigError](err)
	ended, hasEnded := errors.AsType[*authkit.SessionEndedError](err)
	organization, isOrganization := errors.AsType[*authkit.OrganizationError](err)
	switch {
	case isReady:
		return ready
	case isConfig:
		return configComplaint(config)
	case !p.begun:
		return misuse(err, p.asked)
	case p.life.Err() != nil && errors.Is(err, context.Canceled):
		return complaint{what: "cancelled", so: "Nothing has changed.", code: codeInterrupted}
	case hasEnded:
		return complaint{what: "the session has ended on the server (" + ended.Code + ")", so: "There is no valid access token any more.", do: toLogin, code: codeSignedOut}
	case errors.Is(err, authkit.ErrSignedOut):
		return complaint{what: "nobody is signed in", so: "There is no account and no access token.", do: toLogin, code: codeSignedOut}
	case errors.Is(err, authkit.ErrOffline), errors.Is(err, authkit.ErrUnreachable):
		return complaint{what: err.Error(), do: "To find out what keeps the connection from working, type: authkit doctor", code: codeOffline}
	case isOrganization:
		return complaint{what: err.Error(), so: organization.Description, do: "To see the organization you are in, type: authkit org list", code: codeError}
	}
	return complaint{what: err.Error(), code: codeError}
}

// flagsFor gives a terminal's names for the fields of a Config.
var flagsFor = strings.NewReplacer("Config.ClientID", "--client-id", "Config.APIURL", "--api-url", "Config.Dir", "--dir",
	"Config.RedirectURI to a scheme of your app, com.example.notes://callback, or ", "nothing, or ")

var nameOf = map[string]string{"ClientID": "client id", "APIURL": "API", "Profile": "profile", "RedirectURI": "redirect URI",
	"EncryptionSecret": "encryption secret"}

func configComplaint(e *authkit.ConfigError) complaint {
	var what, do []string
	for _, problem := range e.Problems {
		name := nameOf[problem.Field]
		if name == "" {
			name = problem.Field
		}
		if problem.What == "there is none" {
			what = append(what, "there is no "+name)
		} else {
			what = append(what, name+": "+problem.What)
		}
		do = append(do, "To fix the "+name+", "+flagsFor.Replace(problem.Fix))
	}
	if strings.HasPrefix(what[0], "there is no ") {
		do = append(do, "To see it work without an account, type: authkit demo")
	}
	return complaint{what: strings.Join(what, "; "), so: "Nothing was done.", do: strings.Join(do, "\n"), code: codeUsage}
}

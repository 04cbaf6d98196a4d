package deeplink

import (
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/windows/registry"
)

func thisProgram() (string, error) { return os.Executable() }

// register writes the key of the scheme for this person. Windows has one key for
// a scheme and no list, so where another program's is, ours cannot go without
// destroying it.
func register(_ context.Context, app Config) (changed bool, err error) {
	command, err := classCommand(app)
	if err != nil {
		return false, err
	}
	if !isFile(app.Executable) {
		return false, fmt.Errorf("the program %q cannot be registered for %s links: %w", app.Executable, app.Scheme, errNoProgram)
	}
	if done, err := mayTake(app); done || err != nil {
		return false, err
	}
	icon := `"` + app.Executable + `",0`
	if app.Icon != "" {
		icon = app.Icon
	}
	path := classesPath + app.Scheme
	// The owner comes first, so that a key that was left half written is known
	// to be ours; what makes it a scheme comes last.
	for _, value := range []struct{ path, name, text string }{
		{path, ownerValue, app.AppID},
		{path, "", "URL:" + app.AppName},
		{path + `\Application`, "ApplicationName", app.AppName},
		{path + `\DefaultIcon`, "", icon},
		{path + `\shell\open`, "FriendlyAppName", app.AppName},
		{path + `\shell\open\command`, "", command},
		{path, "URL Protocol", ""},
	} {
		written, err := writeValue(registry.CURRENT_USER, value.path, value.name, value.text)
		if err != nil {
			return changed, fmt.Errorf(`the registry key HKCU\%s cannot be written, so no link will start the app: %w`, value.path, err)
		}
		changed = changed || written
	}
	if changed {
		announce()
	}
	return changed, nil
}

// mayTake says whether nothing is left to do because an installer did it; the
// error says whose the scheme is.
func mayTake(app Config) (done bool, err error) {
	for _, root := range []registry.Key{registry.CURRENT_USER, registry.LOCAL_MACHINE} {
		c, found, err := readClass(root, app.Scheme)
		switch {
		case err != nil:
			return false, fmt.Errorf("it cannot be read who owns %s links: %w", app.Scheme, err)
		case !found:
			continue
		case !c.isScheme && c.owner != app.AppID:
			return false, fmt.Errorf("the name %q is used by Windows for something else than links: choose another scheme", app.Scheme)
		case c.owner == app.AppID:
			return false, nil
		case sameProgram(c.program(), app.Executable):
			return passesLink(c.command, c.program()), nil
		case root == registry.CURRENT_USER:
			return false, fmt.Errorf(`%s links belong to %s (%s), whose registry key HKCU\%s is left alone: remove that program, or the key if the program is gone`,
				app.Scheme, c.name(), c.program(), c.path)
		}
		// Another program's key for the whole machine stays as it is; ours goes before it.
	}
	return false, nil
}

// unregister removes the key if it is the one that register wrote.
func unregister(_ context.Context, app Config) (changed bool, err error) {
	c, found, err := readClass(registry.CURRENT_USER, app.Scheme)
	if err != nil || !found || c.owner != app.AppID {
		return false, err
	}
	if err := deleteTree(registry.CURRENT_USER, c.path); err != nil {
		return false, fmt.Errorf(`the registry key HKCU\%s cannot be removed: %w`, c.path, err)
	}
	announce()
	return true, nil
}

func inspect(_ context.Context, app Config) (Status, error) {
	c, found, err := effectiveClass(app.Scheme)
	if err != nil {
		return Status{}, fmt.Errorf("it cannot be read who owns %s links: %w", app.Scheme, err)
	}
	if !found {
		return Status{Problem: "no program is registered for " + app.Scheme + " links, so they go nowhere", Fix: fixByRegistering}, nil
	}
	status := Status{
		Owner:     c.name(),
		OwnerPath: c.program(),
		Ours:      c.owner == app.AppID || sameProgram(c.program(), app.Executable),
	}
	status.Problem, status.Fix = c.obstacle(app, status)
	status.Delivers = status.Problem == ""
	return status, nil
}

// effectiveClass finds the class that the shell would use: the person's choice
// in the settings, then this person's classes, then the machine's. They are read
// one by one, because HKEY_CLASSES_ROOT does not tell where a value comes from.
func effectiveClass(scheme string) (c class, found bool, err error) {
	names := []string{scheme}
	if chosen := readValue(registry.CURRENT_USER,
		`Software\Microsoft\Windows\Shell\Associations\UrlAssociations\`+scheme+`\UserChoice`, "ProgId"); chosen != "" {
		names = []string{chosen, scheme}
	}
	for _, name := range names {
		for _, root := range []registry.Key{registry.CURRENT_USER, registry.LOCAL_MACHINE} {
			if c, found, err := readClass(root, name); found || err != nil {
				return c, found, err
			}
		}
	}
	return class{}, false, nil
}

// obstacle says why a link would not reach the program. Both texts are empty
// when it would.
func (c class) obstacle(app Config, status Status) (problem, fix string) {
	switch {
	case !status.Ours:
		return fmt.Sprintf("%s links go to %s (%s)", app.Scheme, status.Owner, status.OwnerPath),
			"choose this app in the settings, under default apps; or remove the other program and start this app once"
	case !isFile(status.OwnerPath):
		return fmt.Sprintf("%s links start %s, but %v", app.Scheme, status.OwnerPath, errNoProgram), fixByRegistering
	case !sameProgram(status.OwnerPath, app.Executable):
		return fmt.Sprintf("%s links start another copy of the app, %s", app.Scheme, status.OwnerPath), fixByRegistering
	case !c.isScheme:
		return fmt.Sprintf(`the registry key %s lacks the value "URL Protocol"`, c.path), fixByRegistering
	case !passesLink(c.command, status.OwnerPath):
		return fmt.Sprintf("the command of %s links starts the app without the link, or with the link not in quotes", app.Scheme),
			fmt.Sprintf(`end the command in the registry key %s with %s "%%1"`, c.path+`\shell\open\command`, Marker)
	}
	return "", ""
}

func (c class) program() string { return commandProgram(c.command, isFile) }

func (c class) name() string {
	if c.appName != "" {
		return c.appName
	}
	if name := strings.TrimPrefix(c.title, "URL:"); name != "" {
		return name
	}
	return "another program"
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func sameProgram(a, b string) bool { return strings.EqualFold(a, b) || sameFile(a, b) }

package deeplink

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// bundleOf finds the app bundle that a macOS program is the main program of.
func bundleOf(executable string) (bundle string, ok bool) {
	at := strings.LastIndex(executable, ".app/Contents/MacOS/")
	if at < 0 || strings.Contains(executable[at+len(".app/Contents/MacOS/"):], "/") {
		return "", false
	}
	return executable[:at+len(".app")], true
}

// declaringBundle finds the program's bundle and checks that it declares the
// scheme. problem is empty when it does.
func declaringBundle(app Config, readPlist func(file string) ([]byte, error)) (bundle, problem, fix string) {
	bundle, ok := bundleOf(app.Executable)
	if !ok {
		return "", fmt.Sprintf("%s is not inside an app bundle, and macOS gives links to nothing else", app.Executable),
			"build an .app, or use a loopback redirect (http://127.0.0.1/callback)"
	}
	if strings.Contains(bundle, "/AppTranslocation/") {
		return bundle, "macOS runs the app from a temporary place, as it does with a download that was not moved",
			"move the app to the Applications folder and open it there"
	}
	file := bundle + "/Contents/Info.plist"
	plist, err := readPlist(file)
	schemes, parseErr := plistSchemes(plist)
	switch {
	case err != nil || parseErr != nil:
		return bundle, fmt.Sprintf("the app's %s cannot be read: %v", file, errors.Join(err, parseErr)), "build the app bundle anew"
	case !slices.Contains(schemes, app.Scheme):
		return bundle, fmt.Sprintf("the app bundle %s does not declare %s links", bundle, app.Scheme), plistAdvice(app)
	}
	return bundle, "", ""
}

// bundleStatus judges by the bundle and by the path of the app that Launch
// Services would open, empty when there is none.
func bundleStatus(app Config, bundle, owner, problem, fix string) Status {
	status := Status{Problem: problem, Fix: fix, Ours: bundle != "" && sameFile(owner, bundle)}
	if bundle != "" {
		status.Environment = "bundle"
	}
	if owner != "" {
		status.Owner, status.OwnerPath = strings.TrimSuffix(path.Base(owner), ".app"), owner
	}
	switch {
	case problem != "":
	case owner == "":
		status.Problem, status.Fix = "no app is registered for "+app.Scheme+" links, so they go nowhere", "open the app from the Finder once, or call Register"
	case !status.Ours:
		status.Problem = fmt.Sprintf("%s links go to %s (%s)", app.Scheme, status.Owner, owner)
		status.Fix = "remove the other app, or the other copy of this one, and open this app once"
	}
	status.Delivers = status.Problem == ""
	return status
}

// errPlist says that an Info.plist is not what we can read.
var errPlist = errors.New("it is not a property list in XML")

// plistSchemes lists the URL schemes that an Info.plist in XML declares, in
// CFBundleURLTypes: an array of dictionaries with CFBundleURLSchemes.
func plistSchemes(plist []byte) ([]string, error) {
	root, err := decodePlist(plist)
	if err != nil {
		return nil, err
	}
	var schemes []string
	info, _ := root.(map[string]any)
	types, _ := info["CFBundleURLTypes"].([]any)
	for _, kind := range types {
		fields, _ := kind.(map[string]any)
		names, _ := fields["CFBundleURLSchemes"].([]any)
		for _, name := range names {
			if text, ok := name.(string); ok {
				schemes = append(schemes, strings.ToLower(text))
			}
		}
	}
	return schemes, nil
}

func decodePlist(plist []byte) (any, error) {
	decoder := xml.NewDecoder(bytes.NewReader(plist))
	decoder.Strict = true
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil, errPlist
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local != "plist" {
			return decodePlistValue(decoder, start, 0)
		}
	}
}

// decodePlistValue decodes what matters here: dictionaries, arrays and strings.
func decodePlistValue(decoder *xml.Decoder, start xml.StartElement, depth int) (any, error) {
	if depth > 32 {
		return nil, errPlist
	}
	switch start.Name.Local {
	case "dict", "array":
		return decodePlistContainer(decoder, start, depth)
	case "string", "key":
		var text string
		err := decoder.DecodeElement(&text, &start)
		return text, err
	}
	return nil, decoder.Skip()
}

func decodePlistContainer(decoder *xml.Decoder, start xml.StartElement, depth int) (any, error) {
	fields, items, key := map[string]any{}, []any{}, ""
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil, errPlist
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.EndElement:
			if start.Name.Local == "dict" {
				return fields, nil
			}
			return items, nil
		case xml.StartElement:
			value, err := decodePlistValue(decoder, token, depth+1)
			if err != nil {
				return nil, err
			}
			if token.Name.Local == "key" {
				key, _ = value.(string)
				continue
			}
			fields[key], items = value, append(items, value)
		}
	}
}

// plistAdvice is what a bundle's Info.plist has to say.
func plistAdvice(app Config) string {
	return fmt.Sprintf("add to its Info.plist: <key>CFBundleURLTypes</key><array><dict><key>CFBundleURLName</key><string>%s</string><key>CFBundleURLSchemes</key><array><string>%s</string></array></dict></array>",
		app.AppID, app.Scheme)
}

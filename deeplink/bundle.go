package deeplink

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
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

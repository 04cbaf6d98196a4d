package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"howett.net/plist"
)

// macos makes the bundle NAME.app. Signing it, the disk image and the notary are in scripts/package-macos, as only a Mac has
// the tools; so is the program, whose window needs a Mac's headers.
func (j *job) macos(ctx context.Context) error {
	if j.binary == "" {
		return errors.New("-binary has to name a program for macOS; scripts/package-macos builds one for both kinds of Mac")
	}
	parts, err := j.parts(ctx, macosTarget)
	if err != nil {
		return err
	}
	contents := filepath.Join(j.out, j.app.Name+".app", "Contents")
	for _, folder := range []string{"MacOS", "Resources"} {
		if err := os.MkdirAll(filepath.Join(contents, folder), 0o755); err != nil { //nolint:gosec // everybody may read it
			return err
		}
	}
	if err := j.program(ctx, macosTarget, filepath.Join(contents, "MacOS", j.app.Package), nil); err != nil {
		return err
	}
	info, err := j.app.infoPlist()
	if err != nil {
		return err
	}
	icon, err := j.app.icns(ctx)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"Info.plist": info, "PkgInfo": []byte("APPL????"), "Resources/app.icns": icon, "Resources/licenses.txt": j.app.licenses(parts),
	} {
		if err := os.WriteFile(filepath.Join(contents, name), content, 0o644); err != nil { //nolint:gosec // everybody may read it
			return err
		}
	}
	return j.listParts(macosTarget, parts)
}

// oldestMacOS is what Go 1.26 asks for.
const oldestMacOS = "12.0"

// infoPlist tells macOS what the bundle is, and by CFBundleURLTypes which links it opens.
func (a app) infoPlist() ([]byte, error) {
	return plist.MarshalIndent(map[string]any{
		"CFBundleDevelopmentRegion":     "en",
		"CFBundleDisplayName":           a.Name,
		"CFBundleExecutable":            a.Package,
		"CFBundleIconFile":              "app.icns",
		"CFBundleIdentifier":            a.ID,
		"CFBundleInfoDictionaryVersion": "6.0",
		"CFBundleName":                  a.Name,
		"CFBundlePackageType":           "APPL",
		"CFBundleShortVersionString":    a.numbers(),
		"CFBundleVersion":               a.numbers(),
		"CFBundleURLTypes": []map[string]any{{
			"CFBundleURLName": a.ID, "CFBundleTypeRole": "Viewer", "CFBundleURLSchemes": []string{a.Scheme},
		}},
		"LSApplicationCategoryType":            "public.app-category.utilities",
		"LSMinimumSystemVersion":               oldestMacOS,
		"NSHighResolutionCapable":              true,
		"NSHumanReadableCopyright":             a.Publisher + ", " + a.License,
		"NSSupportsAutomaticGraphicsSwitching": true,
	}, plist.XMLFormat, "\t")
}

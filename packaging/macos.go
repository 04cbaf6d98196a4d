package main

import (
	"context"
	"os"
	"path/filepath"

	"howett.net/plist"
)

// macos makes the bundle NAME.app. Signing it, the disk image and the notary are in scripts/package-macos, as only a Mac has
// the tools. So it is with the window's headers: elsewhere, -binary has to name a program that was built on a Mac.
func (j *job) macos(ctx context.Context) error {
	parts, err := j.parts(ctx, macosTargets[0])
	if err != nil {
		return err
	}
	licenses := j.app.licenses(parts)
	contents := filepath.Join(j.out, j.app.Name+".app", "Contents")
	for _, folder := range []string{"MacOS", "Resources"} {
		if err := os.MkdirAll(filepath.Join(contents, folder), 0o755); err != nil { //nolint:gosec // everybody may read it
			return err
		}
	}
	if err := j.universal(ctx, filepath.Join(contents, "MacOS", j.app.Package), licenses); err != nil {
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
		"Info.plist": info, "PkgInfo": []byte("APPL????"), "Resources/app.icns": icon, "Resources/licenses.txt": licenses,
	} {
		if err := os.WriteFile(filepath.Join(contents, name), content, 0o644); err != nil { //nolint:gosec // everybody may read it
			return err
		}
	}
	return j.listParts(macosTargets[0], parts)
}

// universal puts a program for both kinds of Mac at path.
func (j *job) universal(ctx context.Context, path string, licenses []byte) error {
	if j.binary != "" {
		return j.program(ctx, macosTargets[0], path, licenses)
	}
	args := []string{"-create", "-output", path}
	for _, t := range macosTargets {
		one := path + "." + t.arch
		defer os.Remove(one)
		if err := j.program(ctx, t, one, licenses); err != nil {
			return err
		}
		args = append(args, one)
	}
	_, err := command(ctx, "", nil, "lipo", args...)
	return err
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
		"LSApplicationCategoryType": "public.app-category.utilities",
		"LSMinimumSystemVersion":    oldestMacOS,
		"NSHighResolutionCapable":   true,
		"NSHumanReadableCopyright":  a.Publisher + ", " + a.License,
	}, plist.XMLFormat, "\t")
}

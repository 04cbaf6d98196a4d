package main

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// needs are the libraries that a Linux program is linked with, and the oldest C library that has all that it calls.
type needs struct {
	libraries []string
	glibc     string
}

// packagesOf names the Debian package of each library. Ubuntu's packages with t64 in their names provide these too.
var packagesOf = map[string]string{
	"libX11.so.6":                   "libx11-6",
	"libc.so.6":                     "libc6",
	"libdl.so.2":                    "libc6",
	"libm.so.6":                     "libc6",
	"libpthread.so.0":               "libc6",
	"libresolv.so.2":                "libc6",
	"libcairo.so.2":                 "libcairo2",
	"libgdk-3.so.0":                 "libgtk-3-0",
	"libgtk-3.so.0":                 "libgtk-3-0",
	"libgdk_pixbuf-2.0.so.0":        "libgdk-pixbuf-2.0-0",
	"libgio-2.0.so.0":               "libglib2.0-0",
	"libglib-2.0.so.0":              "libglib2.0-0",
	"libgobject-2.0.so.0":           "libglib2.0-0",
	"libjavascriptcoregtk-4.1.so.0": "libjavascriptcoregtk-4.1-0",
	"libwebkit2gtk-4.1.so.0":        "libwebkit2gtk-4.1-0",
	"libsoup-3.0.so.0":              "libsoup-3.0-0",
}

// desktopPrograms open the browser, and keep the list of who opens which link.
var desktopPrograms = []string{"xdg-utils", "desktop-file-utils"}

func needsOf(program string) (needs, error) {
	file, err := elf.Open(program)
	if err != nil {
		return needs{}, err
	}
	defer file.Close()
	n := needs{}
	if n.libraries, err = file.ImportedLibraries(); err != nil {
		return n, err
	}
	symbols, err := file.ImportedSymbols()
	for _, symbol := range symbols {
		if version, ok := strings.CutPrefix(symbol.Version, "GLIBC_"); ok && compareNumbers(version, n.glibc) > 0 {
			n.glibc = version
		}
	}
	for _, library := range n.libraries {
		if packagesOf[library] == "" {
			return n, fmt.Errorf("the program needs %s, and needs.go does not know which package that is in", library)
		}
	}
	return n, err
}

// of lists the packages to depend on. An rpm names the libraries themselves, which mean the same to every distribution.
func (n needs) of(format string) []string {
	list := slices.Clone(desktopPrograms)
	for _, library := range n.libraries {
		if format == "rpm" {
			list = append(list, library+"()(64bit)")
		} else if packagesOf[library] != "libc6" {
			list = append(list, packagesOf[library])
		}
	}
	if format == "rpm" {
		list = append(list, "libc.so.6(GLIBC_"+n.glibc+")(64bit)")
	} else {
		list = append(list, "libc6 (>= "+n.glibc+")")
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// compareNumbers compares versions such as 2.4 and 2.34.
func compareNumbers(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return cmp.Compare(x, y)
	})
}

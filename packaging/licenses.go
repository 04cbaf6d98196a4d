package main

import (
	"fmt"
	"strings"
)

// recognized are the licenses that the parts of a Go program have, each by a sentence that no other has. The first that is
// found counts; all of them let us give the program away with their text.
var recognized = []struct{ sentence, license string }{
	{"Apache License Version 2.0", "Apache-2.0"},
	{"Mozilla Public License Version 2.0", "MPL-2.0"},
	{"Mozilla Public License, version 2.0", "MPL-2.0"},
	{"Permission is hereby granted, free of charge, to any person obtaining a copy", "MIT"},
	{"Permission to use, copy, modify, and/or distribute this software", "ISC"},
	{"Permission to use, copy, modify, and distribute this software", "ISC"},
	{"may be used to endorse or promote products derived from this software", "BSD-3-Clause"},
	{"Redistributions in binary form must reproduce", "BSD-2-Clause"},
	{"This is free and unencumbered software released into the public domain", "Unlicense"},
}

func recognize(text string) string {
	flat := strings.Join(strings.Fields(text), " ")
	for _, known := range recognized {
		if strings.Contains(flat, known.sentence) {
			return known.license
		}
	}
	return ""
}

// licenses is the file that the app shows: who made its parts, and what they ask for. Equal texts stand there once.
func (a app) licenses(parts []part) []byte {
	var file strings.Builder
	fmt.Fprintf(&file, "%s %s is published under the license %s by %s.\nIt is made with what follows.\n", a.Name, a.Version, a.License, a.Publisher)
	users := map[string][]string{}
	var texts []string
	for _, p := range parts {
		if users[p.text] == nil {
			texts = append(texts, p.text)
		}
		users[p.text] = append(users[p.text], fmt.Sprintf("%s %s (%s)", p.name, p.version, p.license))
	}
	rule := strings.Repeat("-", 80)
	for _, text := range texts {
		fmt.Fprintf(&file, "\n%s\n%s\n%s\n", rule, strings.Join(users[text], "\n"), rule)
		if text != "" { // an npm package may name its license without its words
			fmt.Fprintf(&file, "\n%s\n", text)
		}
	}
	return []byte(file.String())
}

package main

import (
	_ "embed" // for app.json and icon.png
	"encoding/json"
)

// app.json is what makes this app another than the next: its packages, too, are made of nothing else.
//
//go:embed app.json
var appJSON []byte

// icon is drawn from app.json's by package packaging.
//
//go:embed icon.png
var icon []byte

// self is what the program needs of it.
var self = readSelf()

type identity struct{ ID, Name, Scheme, ClientID string }

func readSelf() (i identity) {
	if err := json.Unmarshal(appJSON, &i); err != nil {
		panic("app.json: " + err.Error())
	}
	return i
}

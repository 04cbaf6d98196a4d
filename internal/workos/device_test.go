package workos

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

func deviceAnswer(t *testing.T, emulator bool, body string) (*DeviceAuthorization, error) {
	t.Helper()
	client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	})
	client.AllowEmulator = emulator
	return client.AuthorizeDevice(t.Context())
}

// C31: "If no value is provided, clients MUST use 5 as the default."
func TestC31WhatADeviceAnswerLeavesOutHasItsDefault(t *testing.T) {
	got, err := deviceAnswer(t, false, `{"device_code":"d","user_code":"BCDF-GHJK","verification_uri":"https://auth.example.com/device","interval":0,"expires_in":1e12}`)
	if err != nil || got.Interval != 5*time.Second || got.ExpiresIn != time.Hour || got.VerificationURIComplete != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A24, A11: what the person is shown, and a terminal is sent, comes from outside.
func TestA24ADeviceAnswerThatWouldHarmItsReaderIsRefused(t *testing.T) {
	for name, body := range map[string]string{
		"no code":           `{"device_code":"d","verification_uri":"https://auth.example.com/device"}`,
		"an escape":         `{"device_code":"d","user_code":"A\u001b[2J","verification_uri":"https://auth.example.com/device"}`,
		"a turned code":     `{"device_code":"d","user_code":"A\u202eB","verification_uri":"https://auth.example.com/device"}`,
		"an escape in it":   `{"device_code":"d","user_code":"A","verification_uri":"https://auth.example.com/\u001b[2J"}`,
		"no TLS":            `{"device_code":"d","user_code":"A","verification_uri":"http://auth.example.com/device"}`,
		"another program":   `{"device_code":"d","user_code":"A","verification_uri":"file:///etc/passwd"}`,
		"a hidden host":     `{"device_code":"d","user_code":"A","verification_uri":"https://api.workos.com@example.net/"}`,
		"nothing":           `{}`,
		"loopback, unasked": `{"device_code":"d","user_code":"A","verification_uri":"http://127.0.0.1/device"}`,
	} {
		_, err := deviceAnswer(t, false, body)
		if _, ok := errors.AsType[*BadAnswerError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAddressWithTheCodeThatCannotBeShownIsLeftOut(t *testing.T) {
	got, err := deviceAnswer(t, true, `{"device_code":"d","user_code":"A","verification_uri":"http://127.0.0.1:4100/device","verification_uri_complete":"javascript:alert(1)"}`)
	if err != nil || got.VerificationURIComplete != "" || got.UserCode != "A" {
		t.Errorf("%+v, %v", got, err)
	}
}

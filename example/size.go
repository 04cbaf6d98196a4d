//go:build !server

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"

	"github.com/wailsapp/wails/v3/pkg/application"
)

// size is how large the last window was, remembered from run to run.
type size struct {
	mu            sync.Mutex
	Width, Height int
}

func sizeFile() (string, error) {
	dir, err := os.UserConfigDir()
	return filepath.Join(dir, appID, "window.json"), err
}

// lastSize never fails: a window of the usual size is no misfortune.
func lastSize() *size {
	s := &size{}
	if path, err := sizeFile(); err == nil {
		if content, err := os.ReadFile(path); err == nil {
			_ = json.Unmarshal(content, s)
		}
	}
	if s.Width < 360 || s.Height < 480 {
		s.Width, s.Height = 960, 720
	}
	return s
}

func (s *size) get() (width, height int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Width, s.Height
}

func (s *size) note(w application.Window) {
	if w.IsMaximised() || w.IsFullscreen() || w.IsMinimised() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Width, s.Height = w.Size()
}

func (s *size) save() {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, err := sizeFile()
	content, _ := json.Marshal(s)
	if err == nil && os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = os.WriteFile(path, content, 0o600)
	}
}

package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by releases: -ldflags '-X main.version=v1.2.3'. Otherwise the build knows.
var version string

// build is what version --json answers.
type build struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	System  string `json:"system"` // such as linux/amd64
}

func thisBuild() build {
	b := build{Version: version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok && b.Version == "" {
		b.Version = info.Main.Version
	}
	return b
}

func (p *program) version() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Say which version this is",
		Long:    "Say which version this is, made with which Go, for which system.",
		Example: "  authkit version",
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return p.sayVersion(asJSON) },
	}
	addJSONFlag(cmd, &asJSON)
	return cmd
}

func (p *program) sayVersion(asJSON bool) error {
	b := thisBuild()
	if asJSON {
		return p.answer(true, b, nil)
	}
	p.out.WriteString("authkit " + b.Version + ", " + b.Go + ", " + b.System + "\n")
	return nil
}

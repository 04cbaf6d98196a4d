package authkit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/joho/godotenv"
)

// LoadConfig fills the blank fields of cfg from the process's environment and then from the file .env in the current
// folder. What the struct says wins over the environment, and the environment over the file.
//
//	WORKOS_CLIENT_ID           Config.ClientID          also MAIN_VITE_WORKOS_CLIENT_ID
//	WORKOS_REDIRECT_URI        Config.RedirectURI
//	WORKOS_API_URL             Config.APIURL
//	WORKOS_ENCRYPTION_SECRET   Config.EncryptionSecret  also MAIN_VITE_WORKOS_ENCRYPTION_SECRET
//
// The second names are those of WorkOS's Electron example: its .env works unchanged.
//
// LoadConfig is for development, servers and terminals. A program that people install should write its ClientID and
// APIURL into the struct, where neither the environment nor a file in the current folder can change them.
func LoadConfig(cfg Config) (Config, error) {
	file, err := readEnvFile(".env")
	if err != nil {
		return cfg, err
	}
	fill := func(field *string, names ...string) {
		for _, lookup := range []func(string) string{os.Getenv, func(name string) string { return file[name] }} {
			for _, name := range names {
				if *field == "" {
					*field = lookup(name)
				}
			}
		}
	}
	fill(&cfg.ClientID, "WORKOS_CLIENT_ID", "MAIN_VITE_WORKOS_CLIENT_ID")
	fill(&cfg.RedirectURI, "WORKOS_REDIRECT_URI")
	fill(&cfg.APIURL, "WORKOS_API_URL")
	fill(&cfg.EncryptionSecret, "WORKOS_ENCRYPTION_SECRET", "MAIN_VITE_WORKOS_ENCRYPTION_SECRET")
	return cfg, nil
}

// maxEnvFile bounds the file, in bytes: what else is called .env may be a pipe that never ends.
const maxEnvFile = 64 << 10

// readEnvFile reads the file; an absent one is empty.
func readEnvFile(name string) (map[string]string, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && (!info.Mode().IsRegular() || info.Size() > maxEnvFile):
		return nil, fmt.Errorf("%s in this folder is no file of at most %d kB, so nothing of it was used", name, maxEnvFile>>10)
	}
	file, err := godotenv.Read(name)
	if err != nil {
		// godotenv quotes the line it cannot read, which may hold a secret.
		return nil, fmt.Errorf("the file %s in this folder cannot be read, so nothing of it was used: each line must be NAME=value", name)
	}
	return file, nil
}

// String describes a config without its secret, so that a config can be logged.
func (cfg Config) String() string {
	secret := "none"
	if cfg.EncryptionSecret != "" {
		secret = "set"
	}
	return fmt.Sprintf("{ClientID:%s AppID:%s RedirectURI:%s FallbackRedirectURI:%s APIURL:%s Profile:%s Dir:%s EncryptionSecret:%s}",
		cfg.ClientID, cfg.AppID, cfg.RedirectURI, cfg.FallbackRedirectURI, cfg.APIURL, cfg.Profile, cfg.Dir, secret)
}

// GoString is String, for %#v.
func (cfg Config) GoString() string { return "authkit.Config" + cfg.String() }

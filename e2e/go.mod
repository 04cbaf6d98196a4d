module github.com/authkit-desktop/authkit/e2e

go 1.26.0

replace github.com/authkit-desktop/authkit => ../

require github.com/godbus/dbus/v5 v5.2.4

require (
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
)

require (
	github.com/authkit-desktop/authkit v0.0.0
	golang.org/x/sys v0.49.0 // indirect
)

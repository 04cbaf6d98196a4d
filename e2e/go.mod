module github.com/authkit-desktop/authkit/e2e

go 1.26.0

replace github.com/authkit-desktop/authkit => ../

require github.com/godbus/dbus/v5 v5.2.4

require (
	github.com/danieljoos/wincred v1.2.3 // indirect
	github.com/go-jose/go-jose/v4 v4.1.8 // indirect
	github.com/gofrs/flock v0.13.1 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/joho/godotenv v1.5.1 // indirect
	github.com/zalando/go-keyring v0.2.8 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
)

require (
	github.com/authkit-desktop/authkit v0.0.0
	golang.org/x/sys v0.49.0 // indirect
)

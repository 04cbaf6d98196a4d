module github.com/authkit-desktop/authkit/interop

go 1.26.0

replace github.com/authkit-desktop/authkit => ../

ignore (
	./node_modules
	./nothing
)

require (
	github.com/authkit-desktop/authkit v0.0.0
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	go.yaml.in/yaml/v4 v4.0.0
	golang.org/x/oauth2 v0.37.0
)

require (
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	golang.org/x/text v0.43.0 // indirect
)

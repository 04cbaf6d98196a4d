package interop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// description is the vendor's published description of the API, in OpenAPI 3.1, whose schemas are JSON Schema.
type description struct {
	paths    map[string]map[string]operation
	compiler *jsonschema.Compiler

	mu      sync.Mutex // guards what follows
	schemas map[string]*jsonschema.Schema
}

// operation is what the description says of one method of one path.
type operation struct {
	RequestBody struct {
		Content map[string]any
	} `yaml:"requestBody"`
	Responses map[string]struct {
		Headers map[string]any
		Content map[string]any
	}
}

const describedIn = "node_modules/@workos/openapi-spec/open-api-spec.yaml"

// described is read once: it has a megabyte.
var described = sync.OnceValue(func() *description {
	d, err := readDescription(describedIn)
	if err != nil {
		panic(fmt.Sprintf("the API description cannot be used (npm ci brings it): %v", err))
	}
	return d
})

func readDescription(path string) (*description, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var whole any
	var known struct {
		Paths map[string]map[string]operation
	}
	if err := errors.Join(yaml.Unmarshal(text, &whole), yaml.Unmarshal(text, &known)); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(whole)
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	d := &description{paths: known.Paths, compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	d.compiler.AssertFormat()
	return d, d.compiler.AddResource(path, document)
}

// find gives the template of a path and its operation. Both are zero for what is not described, such as hosted pages.
func (d *description) find(method, path string) (template string, op operation, known bool) {
	for template, methods := range d.paths {
		if fits(template, path) {
			op, known := methods[strings.ToLower(method)]
			return template, op, known
		}
	}
	return "", operation{}, false
}

// fits tells whether a path is an instance of a template such as /sso/jwks/{clientId}.
func fits(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}

// checkAnswer compares an answer with the description.
func (d *description) checkAnswer(method, path string, status int, header http.Header, body []byte) error {
	template, op, known := d.find(method, path)
	if !known {
		return fmt.Errorf("the method %s of %s is not described", method, path)
	}
	answer, known := op.Responses[strconv.Itoa(status)]
	if !known {
		return fmt.Errorf("the status %d is not described", status)
	}
	if _, wanted := answer.Headers["location"]; wanted && status == http.StatusFound {
		if u, err := url.Parse(header.Get("Location")); err != nil || !u.IsAbs() {
			return fmt.Errorf("the Location %q is not a URI", header.Get("Location"))
		}
	}
	if len(answer.Content) == 0 {
		return nil
	}
	return d.checkBody(answer.Content, header.Get("Content-Type"), body, "paths", template, strings.ToLower(method), "responses", strconv.Itoa(status))
}

// checkRequest compares the body of a request with the description.
func (d *description) checkRequest(method, path, contentType string, body []byte) error {
	template, op, known := d.find(method, path)
	if !known || len(op.RequestBody.Content) == 0 {
		return nil
	}
	return d.checkBody(op.RequestBody.Content, contentType, body, "paths", template, strings.ToLower(method), "requestBody")
}

func (d *description) checkBody(content map[string]any, contentType string, body []byte, where ...string) error {
	kind, _, _ := strings.Cut(contentType, ";")
	if _, known := content[kind]; !known {
		return fmt.Errorf("the type %q is not described", contentType)
	}
	schema, err := d.schema(append(where, "content", kind, "schema"))
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	return schema.Validate(value)
}

// schema compiles the schema at a place in the description, once.
func (d *description) schema(where []string) (*jsonschema.Schema, error) {
	pointer := describedIn + "#"
	for _, step := range where {
		pointer += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(step))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.schemas[pointer]; known != nil {
		return known, nil
	}
	schema, err := d.compiler.Compile(pointer)
	if err == nil {
		d.schemas[pointer] = schema
	}
	return schema, err
}

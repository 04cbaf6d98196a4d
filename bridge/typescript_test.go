package bridge_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write react/src/types.ts")

const typesFile = "../react/src/types.ts"

// What a page is told, and what it may say, in the order of the file. The rest is what these mention.
var crossing = []string{"State", "Account", "SignInOptions", "SignOutOptions"}

// The package's TypeScript types are made from these Go types, so that neither side can change alone.
func TestTheTypesOfThePageAreThoseOfTheBridge(t *testing.T) {
	w := &typeWriter{t: t, types: map[string]*ast.GenDecl{}, values: map[string][]string{}, done: map[string]bool{}}
	w.read(".")
	w.read("..")
	w.text.WriteString("// Made from the Go types of package bridge: go test ./bridge -run TestTheTypes -update\n")
	for _, name := range crossing {
		w.write(name)
	}
	if *update {
		must(t, os.WriteFile(typesFile, []byte(w.text.String()), 0o600))
	}
	have, err := os.ReadFile(typesFile)
	must(t, err)
	if string(have) != w.text.String() {
		t.Errorf("%s is not what the Go types say; write it again: go test ./bridge -run TestTheTypes -update", typesFile)
	}
}

type typeWriter struct {
	t      *testing.T
	types  map[string]*ast.GenDecl
	values map[string][]string // of the named strings
	done   map[string]bool
	text   strings.Builder
}

// read collects the types of a package; who comes first keeps a name.
func (w *typeWriter) read(folder string) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	must(w.t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		must(w.t, err)
		for _, decl := range parsed.Decls {
			if decl, ok := decl.(*ast.GenDecl); ok {
				w.note(decl)
			}
		}
	}
}

func (w *typeWriter) note(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if w.types[spec.Name.Name] == nil {
				w.types[spec.Name.Name] = decl
			}
		case *ast.ValueSpec:
			named, isNamed := spec.Type.(*ast.Ident)
			if value, ok := firstOf(spec.Values).(*ast.BasicLit); ok && isNamed && value.Kind == token.STRING {
				w.values[named.Name] = append(w.values[named.Name], value.Value)
			}
		}
	}
}

func firstOf(values []ast.Expr) ast.Expr {
	if len(values) == 0 {
		return nil
	}
	return values[0]
}

func (w *typeWriter) write(name string) {
	if w.done[name] {
		return
	}
	w.done[name] = true
	decl := w.types[name]
	if decl == nil {
		w.t.Fatalf("the type %s crosses, and is not here", name)
	}
	fields, isStruct := decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType)
	if !isStruct {
		w.comment("", decl.Doc)
		fmt.Fprintf(&w.text, "export type %s = %s;\n", pageName(name), strings.Join(w.values[name], " | "))
		return
	}
	w.comment("", decl.Doc)
	fmt.Fprintf(&w.text, "export interface %s {\n", pageName(name))
	var mentioned []string
	for _, field := range fields.Fields.List {
		w.comment("  ", field.Doc)
		w.comment("  ", field.Comment)
		tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
		key, options, _ := strings.Cut(tag, ",")
		if options == "omitempty" {
			key += "?"
		}
		fmt.Fprintf(&w.text, "  %s: %s;\n", key, w.typeOf(field.Type, &mentioned))
	}
	w.text.WriteString("}\n")
	for _, other := range mentioned {
		w.write(other)
	}
}

func (w *typeWriter) comment(indent string, c *ast.CommentGroup) {
	if c == nil {
		if indent == "" {
			w.text.WriteString("\n")
		}
		return
	}
	text := strings.TrimSpace(c.Text())
	if indent == "" {
		w.text.WriteString("\n")
		text = strings.Replace(text, "Error is", "ErrorInfo is", 1)
	}
	lines := strings.Split(text, "\n")
	if len(lines) == 1 {
		fmt.Fprintf(&w.text, "%s/** %s */\n", indent, lines[0])
		return
	}
	fmt.Fprintf(&w.text, "%s/**\n", indent)
	for _, line := range lines {
		fmt.Fprintf(&w.text, "%s * %s\n", indent, line)
	}
	fmt.Fprintf(&w.text, "%s */\n", indent)
}

// typeOf gives the type that JSON makes of a Go type. Lists and maps are never null: see list and table.
func (w *typeWriter) typeOf(e ast.Expr, mentioned *[]string) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return w.typeOf(e.X, mentioned) + " | null"
	case *ast.ArrayType:
		return w.typeOf(e.Elt, mentioned) + "[]"
	case *ast.MapType:
		return "Record<string, " + w.typeOf(e.Value, mentioned) + ">"
	case *ast.SelectorExpr:
		if e.Sel.Name == "Time" {
			return "string"
		}
		return w.typeOf(e.Sel, mentioned)
	case *ast.Ident:
		if known, ok := map[string]string{"string": "string", "bool": "boolean", "uint64": "number", "any": "unknown"}[e.Name]; ok {
			return known
		}
		*mentioned = append(*mentioned, e.Name)
		return pageName(e.Name)
	}
	w.t.Fatalf("a type that the page cannot have: %T", e)
	return ""
}

// pageName keeps a name of the language free.
func pageName(name string) string {
	if name == "Error" {
		return "ErrorInfo"
	}
	return name
}

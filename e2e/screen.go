//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/introspect"
)

// Screen is what a screen reader knows: the tree of things that programs publish on the accessibility bus.
type Screen struct {
	d   *Desktop
	bus *dbus.Conn
}

// Role says what a thing is, in AT-SPI's numbers.
type Role uint32

// The roles that a test names.
const (
	Button   Role = 43
	Link     Role = 88
	Heading  Role = 83
	Entry    Role = 79
	Password Role = 40
	Static   Role = 116
	Menu     Role = 33
	MenuItem Role = 35
)

// Element is a thing on the display, and where it is.
type Element struct {
	Role                Role
	Name, Text          string
	X, Y, Width, Height int32
}

// NewScreen turns accessibility on, as a screen reader does when it starts.
func NewScreen(d *Desktop) *Screen {
	d.t.Helper()
	service := d.bus.Object("org.a11y.Bus", "/org/a11y/bus")
	must(d.t, service.SetProperty("org.a11y.Status.IsEnabled", dbus.MakeVariant(true)))
	var address string
	must(d.t, service.Call("org.a11y.Bus.GetAddress", 0).Store(&address))
	bus, err := dbus.Connect(address)
	must(d.t, err)
	d.t.Cleanup(func() { bus.Close() })
	return &Screen{d: d, bus: bus}
}

// View is one program's part of the screen.
type View struct {
	screen *Screen
	roots  func() []object
}

type object struct {
	Name string
	Path dbus.ObjectPath
}

// Pages are the web pages in native windows. WebKit publishes them from the process that draws them, under a bus name of
// its own, and all below one folder.
func (s *Screen) Pages() View {
	const folder = "/org/a11y/webkit/accessible"
	return View{s, func() (roots []object) {
		var names []string
		_ = s.bus.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&names)
		for _, name := range names {
			if !strings.Contains(name, ".WebProcess-") {
				continue
			}
			if node, err := introspect.Call(s.bus.Object(name, folder)); err == nil {
				for _, page := range node.Children {
					roots = append(roots, object{name, dbus.ObjectPath(folder + "/" + page.Name)})
				}
			}
		}
		return roots
	}}
}

// Program is everything that a program shows, by the name that it gives itself.
func (s *Screen) Program(name string) View {
	return View{s, func() (roots []object) {
		for _, program := range s.children(object{"org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"}) {
			if s.name(program) == name {
				roots = append(roots, program)
			}
		}
		return roots
	}}
}

// Elements lists what is shown, in reading order. Things come and go while one looks; what has just gone is left out.
func (v View) Elements() []Element {
	var all []Element
	for _, root := range v.roots() {
		all = v.screen.below(all, root)
	}
	return all
}

func (s *Screen) below(all []Element, o object) []Element {
	var interfaces []string
	if s.call(o, "Accessible.GetInterfaces", &interfaces) != nil {
		return all
	}
	e := Element{Name: s.name(o)}
	_ = s.call(o, "Accessible.GetRole", &e.Role)
	if slices.Contains(interfaces, "org.a11y.atspi.Text") {
		_ = s.call(o, "Text.GetText", &e.Text, int32(0), int32(-1))
	}
	if slices.Contains(interfaces, "org.a11y.atspi.Component") {
		var place struct{ X, Y, Width, Height int32 }
		const onTheDisplay = uint32(0)
		_ = s.call(o, "Component.GetExtents", &place, onTheDisplay)
		e.X, e.Y, e.Width, e.Height = place.X, place.Y, place.Width, place.Height
	}
	const nowhere = -1 << 31 // where GTK says that the items of a closed menu are
	if e.Width > 0 && e.Height > 0 && e.X != nowhere {
		all = append(all, e)
	}
	for _, child := range s.children(o) {
		all = s.below(all, child)
	}
	return all
}

func (s *Screen) call(o object, method string, result any, args ...any) error {
	return s.bus.Object(o.Name, o.Path).Call("org.a11y.atspi."+method, 0, args...).Store(result)
}

func (s *Screen) name(o object) string {
	property, err := s.bus.Object(o.Name, o.Path).GetProperty("org.a11y.atspi.Accessible.Name")
	if err != nil {
		return ""
	}
	name, _ := property.Value().(string)
	return name
}

func (s *Screen) children(o object) []object {
	var all []object
	_ = s.call(o, "Accessible.GetChildren", &all)
	return all
}

// Text is all that can be read, line by line.
func (v View) Text() string {
	const embedded = "\ufffc" // where another element stands inside a text
	var lines []string
	for _, e := range v.Elements() {
		for _, line := range []string{e.Name, e.Text} {
			if line = strings.Trim(line, " \n"+embedded); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// Reads waits until the words can be read.
func (v View) Reads(words string) {
	v.screen.d.t.Helper()
	text := ""
	v.screen.d.Wait(fmt.Sprintf("somebody can read %q", words), func() bool {
		text = v.Text()
		return strings.Contains(text, words)
	}, &text)
}

// Click presses a thing with the pointer, where it is on the display.
func (v View) Click(role Role, name string) {
	v.screen.d.t.Helper()
	v.find(role, name).press(v.screen.d)
}

// ClickAway presses a button of a question until the question is gone. Browsers take no answer in the first moments, lest a
// page tricks a person who is just clicking on something else.
func (v View) ClickAway(name string) {
	v.screen.d.t.Helper()
	target := v.find(Button, name)
	var pressed time.Time
	v.screen.d.Wait(fmt.Sprintf("%q takes the click", name), func() bool {
		if _, there := v.see(Button, name); !there {
			return true
		}
		if time.Since(pressed) > time.Second {
			target.press(v.screen.d)
			pressed = time.Now()
		}
		return false
	})
}

func (e Element) press(d *Desktop) {
	d.t.Helper()
	d.Run("xdotool", "mousemove", fmt.Sprint(e.X+e.Width/2), fmt.Sprint(e.Y+e.Height/2), "click", "1")
}

// Fill clicks into a field and types.
func (v View) Fill(role Role, name, words string) {
	v.screen.d.t.Helper()
	v.Click(role, name)
	v.screen.d.Run("xdotool", "key", "ctrl+a")
	v.screen.d.Run("xdotool", "type", "--delay", "5", words)
}

// find waits for a thing until it stays in one place: a window may still be moving.
func (v View) find(role Role, name string) Element {
	v.screen.d.t.Helper()
	var before Element
	v.screen.d.Wait(fmt.Sprintf("there is %q (role %d)", name, role), func() bool {
		now, there := v.see(role, name)
		stays := there && now == before
		before = now
		return stays
	})
	return before
}

// see gives the last thing of that role and name, or of that text where it has no name: what a page is about stands below its header.
func (v View) see(role Role, name string) (Element, bool) {
	all := v.Elements()
	for _, e := range slices.Backward(all) {
		if e.Role == role && (e.Name == name || e.Name == "" && e.Text == name) {
			return e, true
		}
	}
	return Element{}, false
}

// Picture keeps what the display shows, once the thing is painted and all has come to rest: what a screen reader is told is
// some moments ahead of what the eye sees.
func (v View) Picture(name string, role Role, thing string) {
	d := v.screen.d
	d.t.Helper()
	target := v.find(role, thing)
	var before []byte
	var still time.Time
	d.Wait(fmt.Sprintf("%q is painted", thing), func() bool {
		now, err := d.Command("import", "-silent", "-window", "root", "-depth", "8", "rgb:-").Output()
		must(d.t, err)
		if !bytes.Equal(now, before) {
			before, still = now, time.Now()
		}
		return time.Since(still) > rest && target.painted(now)
	})
	d.Run("import", "-silent", "-window", "root", d.out(name))
}

// rest is shorter than a text cursor's blinking, and longer than what lies between two frames on a busy machine.
const rest = 300 * time.Millisecond

// painted tells whether there is more than one color where the thing is.
func (e Element) painted(display []byte) bool {
	for y := e.Y; y < e.Y+e.Height; y++ {
		line := display[3*(int(y)*displayWidth+int(e.X)):][:3*e.Width]
		if !bytes.Equal(line[3:], line[:len(line)-3]) {
			return true
		}
	}
	return false
}

func (d *Desktop) out(name string) string {
	folder, err := filepath.Abs("out")
	must(d.t, err)
	must(d.t, os.MkdirAll(folder, 0o750))
	return filepath.Join(folder, name+".png")
}

func (d *Desktop) variable(name string) string {
	for _, entry := range d.Env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	d.t.Fatalf("the session has no %s", name)
	return ""
}

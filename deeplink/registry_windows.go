package deeplink

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

const classesPath = `Software\Classes\`

// ownerValue is a value of our own in the scheme's key that tells whose it is.
const ownerValue = "DeeplinkApp"

// class is what matters here of a key below Software\Classes.
type class struct {
	root     registry.Key
	path     string
	isScheme bool // has the value "URL Protocol"
	owner    string
	title    string // default value, such as "URL:Notes"
	appName  string
	command  string
}

// readClass reads the class of a name. found is false when there is none.
func readClass(root registry.Key, name string) (c class, found bool, err error) {
	c = class{root: root, path: classesPath + name}
	key, err := registry.OpenKey(root, c.path, registry.QUERY_VALUE)
	if errors.Is(err, fs.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	defer key.Close()
	_, _, err = key.GetStringValue("URL Protocol")
	c.isScheme = err == nil
	c.owner, _, _ = key.GetStringValue(ownerValue)
	c.title, _, _ = key.GetStringValue("")
	c.appName = readValue(root, c.path+`\Application`, "ApplicationName")
	c.command = readValue(root, c.path+`\shell\open\command`, "")
	return c, true, nil
}

func readValue(root registry.Key, path, name string) string {
	key, err := registry.OpenKey(root, path, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer key.Close()
	text, kind, err := key.GetStringValue(name)
	if err != nil {
		return ""
	}
	if kind == registry.EXPAND_SZ {
		if expanded, err := registry.ExpandString(text); err == nil {
			return expanded
		}
	}
	return text
}

// writeValue writes a text where it is not there already.
func writeValue(root registry.Key, path, name, text string) (changed bool, err error) {
	key, _, err := registry.CreateKey(root, path, registry.QUERY_VALUE|registry.SET_VALUE)
	if err != nil {
		return false, err
	}
	defer key.Close()
	if now, kind, err := key.GetStringValue(name); err == nil && now == text && kind == registry.SZ {
		return false, nil
	}
	// Not EXPAND_SZ: nothing in it is a variable.
	return true, key.SetStringValue(name, text)
}

// deleteTree removes a key with all that is below it.
func deleteTree(root registry.Key, path string) error {
	key, err := registry.OpenKey(root, path, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return err
	}
	names, err := key.ReadSubKeyNames(-1)
	key.Close()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := deleteTree(root, path+`\`+name); err != nil {
			return err
		}
	}
	return registry.DeleteKey(root, path)
}

var changeNotify = windows.NewLazySystemDLL("shell32.dll").NewProc("SHChangeNotify")

// announce tells the shell that associations have changed; it keeps them in memory.
func announce() {
	const associationsChanged = 0x08000000 // SHCNE_ASSOCCHANGED
	if changeNotify.Find() == nil {
		_, _, _ = changeNotify.Call(associationsChanged, 0, 0, 0)
	}
}

package deeplink

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxScheme is far above any scheme in use, and below what registries and MIME
// types allow (255 and 127 characters).
const maxScheme = 64

// maxURL is more than Windows passes to a program (32,767 characters for all of
// its command line), and far more than a redirect needs.
const maxURL = 64 << 10

// reserved are the schemes that belong to browsers and systems. To own one of
// these would take over the person's web, mail or files.
var reserved = strings.Fields(`
	about acct afp android-app app apt blob bluetooth callto chrome chrome-devtools chrome-extension cid content
	data dav davs dict dns doi edge facetime feed file filesystem finger ftp ftps geo git go gopher help http https
	im imap intent ipp ipps irc ircs itms itms-apps jar javascript jdbc ldap ldaps magnet mailto maps market mid
	mms moz-extension news nfs nntp opera otpauth pop pres res resource rlogin rsync rtsp search search-ms
	secondlife sftp shell shttp sip sips sms smb smtp snmp ssh steam stun svn tel telnet tftp turn udp unix urn
	vbscript view-source vnc wais webcal ws wss x-scheme-handler xmpp`)

// classes are names under which Windows keeps other things beside schemes: to
// register exefile would change how programs start.
var classes = strings.Fields(`
	allfilesystemobjects appid applications batfile clsid cmdfile comfile cplfile directory dllfile drive drvfile
	exefile folder hlpfile htafile htmlfile icofile inffile inifile interface internetshortcut jpegfile jsefile
	jsfile lnkfile mscfile network piffile pngfile record regfile scrfile svgfile sysfile systemfileassociations
	textfile txtfile typelib undecided unknown vbefile vbsfile wsffile wshfile xmlfile`)

// CheckScheme says why scheme cannot be registered; nil when it can. RFC 3986
// §3.1 gives the grammar. Upper case is refused, because half of the places that
// a scheme is written to compare it exactly.
//
// RFC 8252 §7.1 asks for a reverse domain name that the app's maker controls,
// such as com.example.notes. Others work too, but two makers may choose the same.
func CheckScheme(scheme string) error {
	switch {
	case scheme == "":
		return errors.New("the URL scheme is empty: give one such as com.example.notes")
	case len(scheme) > maxScheme:
		return fmt.Errorf("the URL scheme is %d characters long; at most %d can be registered", len(scheme), maxScheme)
	case len(scheme) == 1:
		return fmt.Errorf("the URL scheme %q has one letter only, which Windows takes for a drive", scheme)
	}
	for i, c := range []byte(scheme) {
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return fmt.Errorf("the URL scheme %q is not valid: a lower-case letter, then lower-case letters, digits, +, - or . (RFC 3986 §3.1)", scheme)
		}
	}
	if slices.Contains(reserved, scheme) || slices.Contains(classes, scheme) || strings.HasPrefix(scheme, "ms-") {
		return fmt.Errorf("the URL scheme %q belongs to the system or to other programs: choose one of your own, such as com.example.notes", scheme)
	}
	return nil
}

// hasScheme says whether link is a URL of the scheme that a program can be
// given. Both x:/p and x://p are (C22), and whatever else follows the colon:
// what the link means is for the program to decide.
func hasScheme(link, scheme string) bool {
	if scheme == "" || len(link) > maxURL || !utf8.ValidString(link) {
		return false
	}
	prefix, _, found := strings.Cut(link, ":")
	return found && strings.EqualFold(prefix, scheme) && !strings.ContainsFunc(link, outsideURL)
}

// outsideURL is true for characters that no URL has and that a link gains only
// when someone tries to break out of it.
func outsideURL(c rune) bool {
	return c == '"' || unicode.IsSpace(c) || unicode.IsControl(c)
}

package vault

import "strings"

const goodPassphrase = "openssl rand -base64 32"

// looksRandom tells a passphrase that a machine drew from one that a person thought of. The first is used as it is, the
// second goes through scrypt, so a mistake costs 50 ms one way and a slower guesser the other: in doubt it says no.
//
// Random are 32 hexadecimal digits (a UUID's dashes do not count), or upper and lower case and digits together, when
// there are many different characters, no long rows of neighbors ("abcd", "1111"), and letters unlike a language's.
func looksRandom(s string) bool {
	hex := strings.ReplaceAll(s, "-", "")
	if len(hex) >= MinPassphrase && within(hex, "0123456789abcdefABCDEF") {
		return different(hex) >= 10 && !inRows(hex)
	}
	const lower, upper, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	mixed := strings.ContainsAny(s, lower) && strings.ContainsAny(s, upper) && strings.ContainsAny(s, digits)
	return mixed && different(s) >= 16 && !inRows(s) && !likeLanguage(s)
}

func within(s, alphabet string) bool { return strings.Trim(s, alphabet) == "" }

func different(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// inRows says whether most characters stand beside their neighbor in the alphabet, or beside themselves.
func inRows(s string) bool {
	rows := 0
	for i := 1; i < len(s); i++ {
		if d := int(s[i]) - int(s[i-1]); d >= -1 && d <= 1 {
			rows++
		}
	}
	return rows > len(s)/2
}

// likeLanguage weighs each letter by how much likelier it is in written language than in a draw: ten times the binary
// logarithm of its share of English text over 1/26, a to z. European languages come out alike; 32 drawn characters are
// taken for language about once in a thousand times.
func likeLanguage(s string) bool {
	weights := [26]int{11, -14, -5, 1, 17, -8, -9, 7, 9, -47, -23, 1, -7, 8, 10, -10, -53, 6, 7, 12, -5, -20, -7, -47, -10, -57}
	sum := 0
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' {
			sum += weights[r-'a']
		}
	}
	return sum > 0
}

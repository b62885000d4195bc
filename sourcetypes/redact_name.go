package sourcetypes

import "bytes"

// secretName is what a name says of the value assigned to it.
type secretName struct {
	kind   Kind
	header bool // the value of an HTTP header, which is several words
	cookie bool // of which all are secret
	bare   bool // a word of everyday language, without a prefix
	piece  bool // a token of a tokenizer: bos_token, next token
	caps   bool // an environment variable
}

// nameEnds has the two letters a secret's name may end in, for all that
// parseName knows; beforeSeparator what may stand behind the name.
var (
	nameEnds = func() (t pairs) {
		for _, end := range []string{"en", "on", "et", "rd", "wd", "id", "ey", "se", "ie", "re", "ss", "al"} {
			t.add(end[0], end[1])
		}
		return t
	}()
	beforeSeparator = [256]bool{'"': true, '\'': true, ' ': true}
)

// parseName says whether what ends a text is the name of a secret.
func parseName(text []byte, start, end int) (n secretName, ok bool) {
	name := text[start:end]
	n.caps = caps(name)
	prefix := func(suffix string) []byte { // what is before the suffix; nil if it is not there
		if len(name) < len(suffix) || !equalFold(name[len(name)-len(suffix):], suffix) {
			return nil
		}
		return name[: len(name)-len(suffix) : len(name)]
	}
	joined := func(p []byte) bool { return len(p) > 0 && !lower(p[len(p)-1]) && !upper(p[len(p)-1]) }
	switch name[len(name)-1] | 0x20 {
	case 'n':
		if p := prefix("token"); p != nil {
			n.kind, n.bare, n.piece = KindToken, len(p) == 0, pieceName(text, start, p)
			return n, true
		}
		n.kind, n.header = KindToken, true
		return n, prefix("authorization") != nil
	case 't':
		p := prefix("secret")
		n.kind, n.bare = KindSecret, p != nil && len(p) == 0
		return n, p != nil
	case 'd':
		n.kind = KindPassword
		for _, suffix := range [...]string{"password", "passwd", "pwd"} {
			if p := prefix(suffix); p != nil {
				n.bare = len(p) == 0
				if suffix == "pwd" {
					return n, joined(p) || n.bare && !n.caps
				}
				return n, true
			}
		}
		if equalFold(name, "key_id") || equalFold(name, "keyid") {
			return n, false
		}
		n.kind = KindKey
		return n, prefix("access_key_id") != nil || prefix("accesskeyid") != nil
	case 'y':
		n.kind = KindKey
		return n, keyName(text, start, prefix("key"))
	case 'e':
		if prefix("passphrase") != nil {
			n.kind = KindPassword
			return n, true
		}
		if prefix("_key_base") != nil {
			n.kind = KindKey
			return n, true
		}
		n.kind, n.header = KindToken, true
		if p := prefix("cookie"); p != nil {
			n.cookie = true
			return n, len(p) == 0 || equalFold(p, "set-")
		}
		n.header = false
		return n, equalFold(name, "x-amz-signature") || equalFold(name, "x-goog-signature") || equalFold(name, "signature") && signed(text, start)
	case 's':
		p := prefix("pass")
		n.kind = KindPassword
		return n, joined(p)
	case 'l':
		n.kind = KindKey
		return n, equalFold(name, "x-amz-credential") || equalFold(name, "x-goog-credential") || equalFold(name, "credential") && signed(text, start)
	}
	return n, false
}

// signed says whether the name of AWS's way to sign a request stands not far
// before i.
func signed(text []byte, i int) bool {
	return bytes.Contains(text[max(0, i-512):i], []byte("AWS4-HMAC-SHA256"))
}

// keyName says whether a name that ends in key, with p before that, is of a
// secret: api_key, apiKey, X-Api-Key or, in two words, API key.
func keyName(text []byte, start int, p []byte) bool {
	if p == nil {
		return false
	}
	if len(p) == 0 {
		if start < 2 || text[start-1] != ' ' {
			return false
		}
		from := start - 1
		for from > 0 && identByte[text[from-1]] {
			from--
		}
		word := text[from : start-1]
		return equalFold(word, "api") || equalFold(word, "access") || equalFold(word, "secret")
	}
	last := p[len(p)-1]
	word := bytes.TrimRight(p, "_-")
	key := p[:len(p)+1][len(p)]
	switch {
	case last == '_' || last == '-':
	case len(p) >= 3 && equalFold(p[len(p)-3:], "api"):
	case lower(last) && key == 'K':
	default:
		return false
	}
	for _, harmless := range [...]string{"public", "pub", "primary", "foreign", "sort", "cache", "partition", "row", "hot", "map", "group", "num", "host"} {
		if len(word) >= len(harmless) && equalFold(word[len(word)-len(harmless):], harmless) {
			return false
		}
	}
	return true
}

// pieceName says whether a name that ends in token, with p before that, is
// about a tokenizer's tokens.
func pieceName(text []byte, start int, p []byte) bool {
	if caps(p) && len(p) > 0 {
		return false
	}
	p = bytes.TrimRight(p, "_-")
	if len(p) == 0 {
		return true
	}
	from := len(p)
	for from > 0 && p[from-1] != '_' && p[from-1] != '-' && p[from-1] != '.' {
		from--
	}
	switch string(p[from:]) {
	case "bos", "eos", "eot", "eom", "eog", "unk", "sep", "pad", "cls", "mask", "lf", "nl", "fim", "pre", "suf", "mid", "rep",
		"next", "last", "prev", "image", "audio", "video", "vision", "special", "stop", "start", "end", "begin", "control",
		"first", "cached", "prompt", "sampled", "new", "max", "min", "num", "n", "per", "draft", "target", "prefix", "suffix",
		"middle", "boi", "eoi", "think", "ms", "id":
		return true
	}
	return false
}

// caps says whether b is written in capitals.
func caps(b []byte) bool {
	for _, c := range b {
		if lower(c) {
			return false
		}
	}
	return true
}

func lower(c byte) bool { return c >= 'a' && c <= 'z' }
func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

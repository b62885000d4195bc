package sourcetypes

import "bytes"

// email finds an address whose @ begins at at and ends before domain.
//
// Not an address: a module with its version (cobra@v1.7.0), a digest, an image,
// git@github.com, which is nobody's, and a unit (getty@tty1.service).
func email(text []byte, at, domain int) (h hit, ok bool) {
	start := localStart(text, at)
	if start == at {
		return h, false
	}
	end := domain
	dot := -1 // the last one
	for end < len(text) {
		c := text[end]
		if c == '.' {
			if end == domain || text[end-1] == '.' {
				break
			}
			dot = end
		} else if !(identByte[c] && c != '_') && !latin(text, end) {
			break
		}
		end++
	}
	for end > domain && (text[end-1] == '.' || text[end-1] == '-') {
		end--
	}
	if dot >= end {
		dot = bytes.LastIndexByte(text[domain:end], '.')
		if dot >= 0 {
			dot += domain
		}
	}
	if dot <= domain || end-dot < 3 {
		return h, false
	}
	for _, c := range text[dot+1 : end] {
		if !(c|0x20 >= 'a' && c|0x20 <= 'z') {
			return h, false
		}
	}
	local, host := text[start:at], text[domain:end]
	if bytes.Equal(local, []byte("git")) || host[0] == 'v' && len(host) > 1 && digit(host[1]) && bytes.IndexByte(host, '.') < 4 && modulePath(text, start) {
		return h, false
	}
	switch string(text[dot+1 : end]) {
	case "service", "socket", "target", "timer", "mount", "slice", "scope", "go":
		return h, false
	}
	return hit{from: start, to: end, kind: KindEmail}, true
}

// modulePath says whether what ends at i is the path of a Go module.
func modulePath(text []byte, i int) bool { return i == 0 || text[i-1] == '/' }

// localStart is where the part before the @ begins.
func localStart(text []byte, at int) int {
	i := wordStart(text, at, &localByte)
	for i < at && (text[i] == '.' || text[i] == '+' || text[i] == '-' || text[i] >= 0x80 && !latin(text, i)) {
		i++
	}
	for j := at - 1; j > i; j-- { // nothing before what is of another script
		if text[j] >= 0x80 && !latin(text, j) {
			return j + 1
		}
	}
	return i
}

var localByte = func() (t [256]bool) {
	for c := range t {
		t[c] = identByte[c] || c == '.' || c == '+' || c >= 0x80
	}
	return t
}()

// latin says whether the byte at i is of a letter like é, which stands in
// addresses too. Other scripts are written without spaces before an address.
func latin(text []byte, i int) bool {
	c := text[i]
	if c >= 0x80 && c < 0xc0 {
		return i > 0 && text[i-1] >= 0xc3 && text[i-1] <= 0xc9
	}
	return c >= 0xc3 && c <= 0xc9 && i+1 < len(text) && text[i+1] >= 0x80 && text[i+1] < 0xc0
}

// userinfo finds the password in scheme://user:password@host, and in a proxy's
// user:password@host, whose @ is at i.
func userinfo(text []byte, i int) (h hit, ok bool) {
	start := i
	for start > 0 && userByte(text[start-1]) && !(start < i && escapeBefore(text, start)) {
		start--
	}
	user := text[start:i]
	colon := bytes.IndexByte(user, ':')
	if start < 2 || text[start-1] != '/' || text[start-2] != '/' {
		n, isProxy := proxyName(user)
		if !isProxy {
			return h, false
		}
		start += n
		colon = bytes.IndexByte(text[start:i], ':')
	}
	if colon < 0 {
		return h, false
	}
	from := start + colon + 1
	// A password may hold an @ too: the last one before the host counts.
	to := i
	for j := i + 1; j < len(text) && (userByte(text[j]) || text[j] == '@') && text[j] != '/'; j++ {
		if text[j] == '@' {
			to = j
		}
	}
	if to == from || maskLen(text[from:to]) == to-from {
		return h, false
	}
	return hit{from: from, to: to, kind: KindPassword}, true
}

// userByte has what stands before the @ of a URL's host.
func userByte(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '"', '\'', '`', '<', '>', '/', '?', '#', '@', '\\':
		return false
	}
	return true
}

// proxyName measures the name of a proxy variable and its separator at the
// start of b.
func proxyName(b []byte) (int, bool) {
	i := bytes.IndexAny(b, "=:")
	if i < 5 || !equalFold(b[i-5:i], "proxy") {
		return 0, false
	}
	return i + 1, true
}

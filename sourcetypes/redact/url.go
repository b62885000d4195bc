package redact

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// maxUser bounds how long user and password of a URL may be together.
const maxUser = 512

// userinfo finds the password in scheme://user:password@host, in a proxy's
// user:password@host, in user:password@tcp(host), and a token that stands for
// the user. Its @ is at i and ends before behind: it may be percent-encoded.
func (s *scan) userinfo(i, behind int) (h hit, ok bool) {
	b := s.text
	encoded := behind > i+1
	start := i
	for start > 0 && i-start < maxUser && userByte(b[start-1]) && !(start < i && escapeBefore(b, start)) {
		if encoded && start >= 3 && (percentByte(b[start-3:]) == '/' || percentByte(b[start-3:]) == '@') {
			break
		}
		start--
	}
	s.steps += i - start
	if i-start == maxUser {
		return h, false
	}
	from := start
	if !slashes(b, start, encoded) {
		if from, ok = s.bareUser(start, i, behind); !ok {
			return h, false
		}
	}
	colon, width := userColon(b[from:i], encoded)
	if colon < 0 {
		return s.userToken(start, from, i, encoded)
	}
	from += colon + width
	to := s.lastAt(i, behind, encoded)
	if to == from || MaskLen(b[from:to]) == to-from || port(b[from:to]) {
		return h, false
	}
	return hit{from: from, to: to, kind: Password}, true
}

// port reports whether what stands behind a colon is a port and a query rather
// than a password.
func port(b []byte) bool {
	i := 0
	for i < len(b) && i < 6 && text.Digit(b[i]) {
		i++
	}
	return i > 0 && i < len(b) && (b[i] == '?' || b[i] == '#')
}

// lastAt is the last @ before the host: a password may hold one too.
func (s *scan) lastAt(i, behind int, encoded bool) int {
	b, to := s.text, i
	if encoded {
		return to
	}
	j := behind
	for ; j < len(b) && (userByte(b[j]) || b[j] == '@' || b[j] == '/'); j++ {
		if b[j] == '@' {
			to = j
		} else if b[j] == '/' && !hostAhead(b, j) {
			break
		}
	}
	s.steps += j - i
	return to
}

// hostAhead reports whether the / at j is of a password: another @ and a host
// with a port stand not far behind it.
func hostAhead(b []byte, j int) bool {
	end := j + 1
	for end < len(b) && end-j < 64 && userByte(b[end]) {
		end++
	}
	if end == len(b) || b[end] != '@' {
		return false
	}
	host := end + 1
	for host < len(b) && host-end < 64 && (text.Ident[b[host]] || b[host] == '.') {
		host++
	}
	return host+1 < len(b) && b[host] == ':' && text.Digit(b[host+1])
}

// slashes reports whether :// or the like ends at i.
func slashes(b []byte, i int, encoded bool) bool {
	if i >= 2 && b[i-1] == '/' && (b[i-2] == '/' || i >= 4 && b[i-2] == '\\' && b[i-3] == '/') {
		return true
	}
	return encoded && i >= 6 && percentByte(b[i-3:]) == '/' && percentByte(b[i-6:]) == '/'
}

// userColon is where the colon between user and password stands, and how long
// it is written.
func userColon(user []byte, encoded bool) (i, width int) {
	if encoded {
		for _, c := range [...]string{"%3A", "%3a"} {
			if i := bytes.Index(user, []byte(c)); i >= 0 {
				return i, 3
			}
		}
	}
	return bytes.IndexByte(user, ':'), 1
}

// bareUser finds where a user begins without a scheme before it: of a proxy, or
// of MySQL's user:password@tcp(host).
func (s *scan) bareUser(start, i, behind int) (from int, ok bool) {
	b := s.text
	if n, isProxy := proxyName(b[start:i]); isProxy {
		return start + n, true
	}
	if rest := b[behind:]; text.HasPrefix(rest, "tcp(") || text.HasPrefix(rest, "unix(") ||
		text.HasPrefix(rest, "tcp%28") {
		if n := bytes.IndexByte(b[start:i], '='); n >= 0 && n < bytes.IndexByte(b[start:i], ':') {
			start += n + 1
		}
		return start, true
	}
	return s.spacedUser(start, i)
}

// spacedUser is for a password with spaces or other bytes that belong into no
// URL, in a proxy variable of an environment. It looks back for the scheme.
func (s *scan) spacedUser(start, i int) (from int, ok bool) {
	b := s.text[max(0, start-96):i]
	base := max(0, start-96)
	n := bytes.LastIndex(b, []byte("://"))
	s.steps += len(b) / 16
	if n < 0 || bytes.ContainsAny(b[n:], "\"'\n\\<>") {
		return 0, false
	}
	name := b[max(0, n-12):n]
	if p := bytes.LastIndexAny(name, "=:"); p < 5 || !text.EqualFold(name[p-5:p], "proxy") {
		return 0, false
	}
	colon := bytes.IndexByte(b[n+3:], ':')
	slash := bytes.IndexAny(b[n+3:], "/@ ?#")
	if colon < 0 || slash >= 0 && slash < colon {
		return 0, false
	}
	return base + n + 3, true
}

// userToken finds a token that stands for the user: https://TOKEN@host.
func (s *scan) userToken(start, from, i int, encoded bool) (h hit, ok bool) {
	b := s.text[from:i]
	if from != start || encoded || len(b) < 20 || !jumbled(b) || MaskLen(b) > 0 {
		return h, false
	}
	return hit{from: from, to: i, kind: Token}, true
}

// userByte has what stands before the @ of a URL's host.
func userByte(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '"', '\'', '`', '<', '>', '/', '@', '\\':
		return false
	}
	return true
}

// proxyName measures the name of a proxy variable and its separator at the
// start of b.
func proxyName(b []byte) (int, bool) {
	i := bytes.IndexAny(b, "=:")
	for i >= 0 && i < 5 && bytes.IndexByte(b[:i], '[') >= 0 {
		n := bytes.IndexAny(b[i+1:], "=:")
		if n < 0 {
			return 0, false
		}
		i += n + 1
	}
	if i < 5 || !text.EqualFold(b[i-5:i], "proxy") {
		return 0, false
	}
	return i + 1, true
}

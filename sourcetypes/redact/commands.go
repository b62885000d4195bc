package redact

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// command says which secret a flag of one letter holds, of a command that stands before it.
type command struct {
	id    int      // its place among the commands
	names []string // any of these
	value *pattern // behind the flag; the group is secret
	// quoted is how many of the groups are in quotes, and secret up to these.
	quoted int
}

// commands are flags of command lines.
var commands = []Rule{
	{Name: "curl -u user:password", Kind: Password, stems: spacedFlag("-u"), Source: "https://curl.se/docs/manpage.html",
		command: &command{
			id: 0, names: []string{"curl", "wget", "http", "lftp", "nuget", "git"}, value: re(`\s*=?` + userPassword),
		}},
	{Name: "curl -U user:password", Kind: Password, stems: spacedFlag("-U"), Source: "https://curl.se/docs/manpage.html",
		command: &command{id: 1, names: []string{"curl", "smbclient"}, value: re(`\s*["']?[^\s"':%]+[:%]([^\s"']+)`)}},
	{Name: "curl --user user:password", Kind: Password, At: "-us", Source: "https://curl.se/docs/manpage.html",
		command: &command{id: 2, names: []string{"--us", "-proxy-us"}, value: re(`er(?:\s+|=)` + userPassword)}},
	{Name: "curl -b cookies", Kind: Token, stems: spacedFlag("-b"), Source: "https://curl.se/docs/manpage.html",
		command: &command{id: 7, names: []string{"curl"}, value: re(`\s*` + cookies), quoted: 2}},
	{Name: "curl --cookie cookies", Kind: Token, At: "-co", Source: "https://curl.se/docs/manpage.html",
		command: &command{id: 8, names: []string{"--co"}, value: re(`okie(?:\s+|=)` + cookies), quoted: 2}},
	{
		Name:   "-p password",
		Kind:   Password,
		stems:  spacedFlag("-p"),
		Source: "https://dev.mysql.com/doc/refman/8.4/en/connecting.html",
		command: &command{
			id: 3,
			names: []string{
				"mysql",
				"mariadb",
				"mongo",
				"sshpass",
				"docker login",
				"podman login",
				"helm registry login",
				"skopeo login",
				"buildah login",
				"az login",
				"oc login",
				"7z",
				"cqlsh",
				"plink",
				"pscp",
				"mosquitto",
			},
			value: re(`(?:["']([^"']+)|([^\s"']+)|\s+["']([^"']+)|\s+([^\s"'-][^\s"']*))`),
		},
	},
	{
		Name:   "-P password",
		Kind:   Password,
		stems:  spacedFlag("-P"),
		Source: "https://learn.microsoft.com/sql/tools/sqlcmd/sqlcmd-utility",
		command: &command{
			id: 4, names: []string{"sqlcmd", "bcp", "unzip", "mosquitto"}, value: re(`\s*["']?([^\s"'-][^\s"']*)`),
		},
	},
	{
		Name:   "-a password",
		Kind:   Password,
		stems:  spacedFlag("-a"),
		Source: "https://redis.io/docs/latest/develop/tools/cli/",
		command: &command{
			id: 5, names: []string{"redis-cli", "valkey-cli", "keydb-cli"}, value: re(`\s+["']?([^\s"'-][^\s"']*)`),
		},
	},
	{
		Name:   "-w password",
		Kind:   Password,
		stems:  spacedFlag("-w"),
		Source: "https://www.openldap.org/software/man.cgi?query=ldapsearch",
		command: &command{
			id:    6,
			names: []string{"ldapsearch", "ldapadd", "ldapmodify", "ldapwhoami", "ldappasswd", "ldapdelete"},
			value: re(`\s*["']?([^\s"'-][^\s"']*)`),
		},
	},
}

// cookies are a list of them as a shell takes it; without = it is the name of a file.
const cookies = `(?:"([^"\s=]+=[^"]*)|'([^'\s=]+=[^']*)|([^\s"'=]+=[^\s"']+))`

// userPassword is user:password as a shell takes it, with quotes around both or each.
const userPassword = `(?:"[^"\s:]*:([^"\s]{1,60})|'[^':]*:([^']{1,60})|(?:"[^"]{1,40}"|'[^']{1,40}'|[^\s"':]+):(?:"([^"]{1,60})|'([^']{1,60})|([^\s"']+)))`

// spacedFlag lists a flag behind each kind of white space.
func spacedFlag(flag string) []string {
	return []string{" " + flag, "\t" + flag, "\n" + flag, "\r" + flag, "n" + flag, "t" + flag}
}

// lookBack is how far before its flag a command may stand.
const lookBack = 200

// command finds the secret behind the flag that ends at i.
func (s *scan) command(r *Rule, i int) (h hit, ok bool) {
	b := s.text
	if i+1 == len(b) || !s.commandBefore(r.command, i) {
		return h, false
	}
	var buf [maxLink]byte
	var at [maxLink + 1]int
	p := plain(buf[:0], b[:s.textEnd(i+1, 2*maxLink)], i+1, 2*maxLink, &at)
	s.steps += len(p)
	m := r.command.value.get().FindSubmatchIndex(p)
	for g := 2; g < len(m); g += 2 {
		if m[g] < 0 {
			continue
		}
		from, to := at[m[g]], at[m[g+1]]
		if m[g+1] == len(p) {
			for to < len(b) && (text.Ident[b[to]] || g/2 <= r.command.quoted && !closesCookies(b[to])) {
				to++
			}
			s.steps += to - from
		}
		if MaskLen(b[from:]) > 0 || nothing(b[from:to]) {
			return h, false
		}
		return hit{from: from, to: to, kind: r.Kind}, true
	}
	return h, false
}

// closesCookies reports whether c ends a list of cookies in quotes.
func closesCookies(c byte) bool { return c == '"' || c == '\'' || c == '\n' || c == '\\' }

// textEnd is where the quoted text that i is in ends, if that is not farther
// than most; else so far.
func (s *scan) textEnd(i, most int) int {
	end := min(len(s.text), i+most)
	if !s.inside(i) {
		return end
	}
	if n := text.ClosingQuote(s.text[:end], i); n >= 0 {
		return n
	}
	return end
}

// commandBefore reports whether one of the names of a command stands not far
// before its flag, which ends at i. It looks at no byte twice.
func (s *scan) commandBefore(c *command, i int) bool {
	b := s.text
	if c.names[0][0] == '-' { // the flag itself
		for _, name := range c.names {
			if bytes.HasSuffix(b[:i+1], []byte(name)) {
				return true
			}
		}
		return false
	}
	seen := &s.commands[c.id]
	from := max(0, i-lookBack, seen.to-len("helm registry login"))
	for _, name := range c.names {
		if n := bytes.LastIndex(b[from:i], []byte(name)); n >= 0 && from+n+1 > seen.at {
			seen.at = from + n + 1
		}
	}
	s.steps += i - from
	seen.to = i
	return seen.at > 0 && seen.at > i-lookBack
}

// flagged reports whether a name is that of a flag, --api-key or -Password, or
// of a variable that a command sets, with only white space before its value.
func (v *value) flagged(start, end int) bool {
	b := v.text
	next := v.gapEnd(end, 1)
	if next == end || next == len(b) {
		return false
	}
	if start >= 1 && b[start-1] == '-' && (start == 1 || b[start-2] == '-' || !text.Ident[b[start-2]]) {
		return true
	}
	if start < 2 || b[start-1] != ' ' && b[start-1] != '\t' || !v.name.caps && v.name.kind != Password ||
		v.gapEnd(end, 0) != next {
		return false
	}
	v.weak = true
	return setters.get().Match(b[max(0, start-24):start])
}

// setters are commands and words that set a variable by its name alone, or that
// stand before a password in .netrc.
var setters = anywhere(
	`(?:^|[\s"';&|(n])(?:(?i:setx|setenv|env|arg|export|declare)|(?i:set)(?: -[a-zA-Z]{1,3}){0,2}|fish_add|login \S{1,16}|#define|Set-Variable)\s$`,
)

// flag finds the value behind the white space that ends at end.
func (v *value) flag(end int) (h hit, ok bool) {
	b := v.text
	if v.name.header || v.name.query {
		return h, false
	}
	v.sep, v.at = ' ', v.gapEnd(end, 1)
	if v.at == len(b) || b[v.at] == '-' {
		return h, false
	}
	if text.OpeningQuote(b, v.at) == 1 && v.closes(v.at) || v.attribute(v.at) {
		return h, false // what the flag stands in ends here
	}
	v.name.bare = false
	return v.find(false)
}

// attribute reports whether slog's next attribute, whose value is quoted, begins at i.
func (v *value) attribute(i int) bool {
	end := i
	for end < len(v.text) && end-i < maxWord && nameByte[v.text[end]] {
		end++
	}
	v.steps += end - i
	return end > i && text.HasPrefix(v.text[end:], `="`)
}

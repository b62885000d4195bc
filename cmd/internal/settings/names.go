package settings

import (
	"regexp"
	"strings"

	"github.com/spf13/pflag"
)

// RenameIn is a message with the settings in it called as the user calls them: who
// finds one wrong often knows its bare name only, and it may have been a variable,
// a flag or an argument of a stanza.
func RenameIn(text string, call func(Setting) string) string {
	var named strings.Builder
	done := 0
	for _, at := range capitals.FindAllStringSubmatchIndex(text, -1) {
		from, to := at[2], at[3]
		name, full := strings.CutPrefix(text[from:to], Prefix+"_")
		r, ok := byName[name]
		if !ok || name == "URL" && !full { // a word like any other
			continue
		}
		named.WriteString(text[done:from] + call(r))
		done = to
	}
	return named.String() + text[done:]
}

// FlagNames calls settings by the flags that were given, and all others by their
// variables.
func FlagNames(fs *pflag.FlagSet) func(Setting) string {
	return func(r Setting) string {
		if r.Flag != "" && fs.Changed(r.Flag) {
			return "--" + r.Flag
		}
		return r.Env
	}
}

// Argument calls a setting by the argument of a stanza.
func Argument(r Setting) string { return strings.ToLower(r.bare()) }

func (r Setting) bare() string { return strings.TrimPrefix(r.Env, Prefix+"_") }

// capitals are words of a message that may be settings. What is part of a path or
// stands in quotes is not.
var capitals = regexp.MustCompile(`(?:^|[\s(])([A-Z]+(?:_[A-Z]+)*)\b`)

var byName = func() map[string]Setting {
	names := make(map[string]Setting)
	for _, r := range All() {
		names[r.bare()] = r
	}
	return names
}()

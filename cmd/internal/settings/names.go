package settings

import (
	"regexp"
	"strings"

	"github.com/spf13/pflag"
)

// Named is a message with the settings in it called as the user calls them: who
// finds one wrong often knows its bare name only, and it may have been a variable,
// a flag or an argument of a stanza.
func Named(text string, call func(Row) string) string {
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

// Given calls settings by the flags that were given, and all others by their
// variables.
func Given(fs *pflag.FlagSet) func(Row) string {
	return func(r Row) string {
		if r.Flag != "" && fs.Changed(r.Flag) {
			return "--" + r.Flag
		}
		return r.Env
	}
}

// Argument calls a setting by the argument of a stanza.
func Argument(r Row) string { return strings.ToLower(r.bare()) }

func (r Row) bare() string { return strings.TrimPrefix(r.Env, Prefix+"_") }

// capitals are words of a message that may be settings. What is part of a path or
// stands in quotes is not.
var capitals = regexp.MustCompile(`(?:^|[\s(])([A-Z]+(?:_[A-Z]+)*)\b`)

var byName = func() map[string]Row {
	names := make(map[string]Row)
	for _, r := range Rows() {
		names[r.bare()] = r
	}
	return names
}()

package settings

import (
	"regexp"
	"strings"

	"github.com/spf13/pflag"
)

// RenameIn returns a message in which settings have the names that the user gave them. The code
// that finds a wrong value often knows only the bare name, while the user wrote a variable, a
// flag or an argument of a stanza.
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

// FlagNames returns a function for RenameIn that calls a setting by its flag if that was given,
// else by its variable.
func FlagNames(fs *pflag.FlagSet) func(Setting) string {
	return func(r Setting) string {
		if r.Flag != "" && fs.Changed(r.Flag) {
			return "--" + r.Flag
		}
		return r.Env
	}
}

// Argument returns the name of a setting as the argument of a stanza.
func Argument(r Setting) string { return strings.ToLower(r.bare()) }

func (r Setting) bare() string { return strings.TrimPrefix(r.Env, Prefix+"_") }

// capitals matches words of a message that may be settings. Parts of a path and quoted words are
// none.
var capitals = regexp.MustCompile(`(?:^|[\s(])([A-Z]+(?:_[A-Z]+)*)\b`)

var byName = func() map[string]Setting {
	names := make(map[string]Setting)
	for _, r := range All() {
		names[r.bare()] = r
	}
	return names
}()

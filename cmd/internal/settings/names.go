package settings

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Caller returns how the user calls a setting, and the file that its value was read from; "": none.
type Caller func(Setting) (name, file string)

// RenameIn returns a message in which settings have the names that the user gave them, with the
// file where one holds them. The code that finds a wrong value often knows only the bare name, while
// the user wrote a variable, a flag or an argument of a stanza.
func RenameIn(text string, call Caller) string {
	var named strings.Builder
	done := 0
	placed := make(map[string]bool) // the settings whose file is named already
	for _, at := range capitals.FindAllStringSubmatchIndex(text, -1) {
		from, to := at[2], at[3]
		bare, full := strings.CutPrefix(text[from:to], Prefix+"_")
		r, ok := byName[bare]
		if !ok || bare == "URL" && !full { // a word like any other
			continue
		}
		name, file := call(r)
		named.WriteString(text[done:from] + name)
		if file != "" && !placed[bare] && !strings.HasPrefix(text[to:], "=") {
			placed[bare] = true
			named.WriteString(" (in " + file + ")")
		}
		done = to
	}
	return named.String() + text[done:]
}

// EnvFileFlag is the flag that names a file with settings.
const EnvFileFlag = "env-file"

// FromFile notes that the variable of a setting was read from a file.
func FromFile(fs *pflag.FlagSet, variable, file string) error {
	return fs.SetAnnotation(EnvFileFlag, variable, []string{file})
}

// FlagNames returns a Caller that calls a setting by its flag if that was given, else by its
// variable, with the file of FromFile.
func FlagNames(fs *pflag.FlagSet) Caller {
	return func(r Setting) (name, file string) {
		if r.Flag != "" && fs.Changed(r.Flag) {
			return "--" + r.Flag, ""
		}
		if f := fs.Lookup(EnvFileFlag); f != nil && len(f.Annotations[r.Env]) > 0 {
			file = f.Annotations[r.Env][0]
		}
		return r.Env, file
	}
}

// Called is a Caller for what Load and Read returned: as FlagNames calls the settings.
func (s *Settings) Called(r Setting) (name, file string) {
	if s.call == nil {
		return r.Env, ""
	}
	return s.call(r)
}

// Argument is a Caller that calls a setting as the argument of a stanza.
func Argument(r Setting) (name, file string) { return r.argument(), "" }

// OneOf returns a Caller for a stanza that has some settings only as arguments: it calls these so,
// and the others by their bare names.
func OneOf(arguments []string) Caller {
	return func(r Setting) (name, file string) {
		if slices.Contains(arguments, r.argument()) {
			return r.argument(), ""
		}
		return r.bare(), ""
	}
}

func (r Setting) argument() string { return strings.ToLower(r.bare()) }

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

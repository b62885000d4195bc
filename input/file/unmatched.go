package file

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// HintUnmatched returns what to do about a glob that matches nothing, if it is written as PATHS is not:
// in quotation marks, as a URL, with a variable, or as several that something other than a comma
// separates; "": it looks like a path. The glob may have been made absolute meanwhile, with a directory
// before what was written.
func HintUnmatched(glob string) string {
	unquoted := quoted.ReplaceAllString(glob, "$1")
	if url := fileURL.FindStringSubmatch(unquoted); url != nil {
		return "write the path alone in PATHS, without file: /" + url[1]
	}
	if unquoted != glob {
		return "leave out the quotation marks in PATHS: " + unquoted
	}
	if hint := hintSeveral(glob); hint != "" {
		return hint
	}
	if variable.MatchString(glob) {
		return "write the whole path in PATHS: neither ~ nor a variable is replaced there"
	}
	return ""
}

var (
	// quoted matches a path in quotation marks, with what was put before it.
	quoted = regexp.MustCompile("^(?:.*[/\\\\])?[\"'`“”„‘]([^\"'`“”„‘’]+)[\"'`“”’]$")
	// fileURL matches a URL, and its path; of several slashes perhaps one is left.
	fileURL = regexp.MustCompile(`(?:^|[/\\])file:[/\\]+(.*)$`)
	// variable matches what a shell replaces: ~ as the beginning of a path, a variable anywhere.
	variable = regexp.MustCompile(`(?:^|[/\\])~[/\\]|\$\w|\$\{\w+\}|%[A-Za-z]\w*%`)
)

// hintSeveral shows the patterns with commas that a glob has, if it looks like several.
func hintSeveral(glob string) string {
	apart := strings.Trim(glob, " \t\r\n;|")
	if filepath.VolumeName(glob) == "" { // else a colon belongs to a path
		apart = strings.ReplaceAll(apart, ":/", ";/")
	}
	parts := beforePaths(apart)
	if len(parts) < 2 {
		parts = separators.Split(apart, -1)
		if slices.ContainsFunc(parts[1:], noPath) && slices.ContainsFunc(parts, noName) {
			return "" // a name may have blanks in it
		}
	}
	if len(parts) < 2 {
		return ""
	}
	return "if these are several patterns, separate them by commas in PATHS: " + strings.Join(parts, ",")
}

// separators are what else people put between patterns.
var separators = regexp.MustCompile(`\s*[;|，、\s]\s*`)

// beforePaths splits s at those separators behind which a path begins. What is between them may have
// blanks in it.
func beforePaths(s string) (parts []string) {
	from := 0
	for _, at := range separators.FindAllStringIndex(s, -1) {
		if pathBegins.MatchString(s[at[1]:]) {
			parts = append(parts, s[from:at[0]])
			from = at[1]
		}
	}
	return append(parts, s[from:])
}

func noPath(part string) bool { return !filepath.IsAbs(part) && !pathBegins.MatchString(part) }

// pathBegins matches the beginning of a path, as a person writes it.
var pathBegins = regexp.MustCompile(`^(?:[/~]|\.\.?[/\\]|[A-Za-z]:[/\\])`)

// noName reports whether a part is not what logs are called.
func noName(part string) bool {
	return !strings.HasSuffix(part, ".log") && !strings.HasSuffix(part, "*")
}

package file

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// HintSeveral returns what to do about a glob that matches nothing, if it looks like several that
// something other than a comma separates; "": it looks like one.
func HintSeveral(glob string) string {
	apart := strings.Trim(glob, " \t\r\n;|")
	if filepath.VolumeName(glob) == "" { // else a colon belongs to a path
		apart = strings.ReplaceAll(apart, ":/", ";/")
	}
	parts := separators.Split(apart, -1)
	switch {
	case len(parts) < 2:
		return ""
	case slices.ContainsFunc(parts[1:], noPath) && slices.ContainsFunc(parts, noName):
		return "" // a name may have blanks in it
	}
	return "if these are several patterns, separate them by commas in PATHS: " + strings.Join(parts, ",")
}

// separators are what else people put between patterns.
var separators = regexp.MustCompile(`\s*[;|\s]\s*`)

func noPath(part string) bool { return !filepath.IsAbs(part) && !pathBegins.MatchString(part) }

// pathBegins matches the beginning of a path, as a person writes it.
var pathBegins = regexp.MustCompile(`^(?:[/~]|\.\.?[/\\]|[A-Za-z]:[/\\])`)

// noName reports whether a part is not what logs are called.
func noName(part string) bool {
	return !strings.HasSuffix(part, ".log") && !strings.HasSuffix(part, "*")
}

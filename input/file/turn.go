package file

import (
	"cmp"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// rotatedSuffix is what rotation adds to a name: a number, a date, a time.
const rotatedPattern = `[-._](\d[-0-9T:._Z+]*|old|bak|prev)$`

var (
	rotatedSuffix = regexp.MustCompile(`^` + rotatedPattern)
	rotatedEnd    = regexp.MustCompile(rotatedPattern)
)

// rotation says whether name is base as rotated, app.log.1, app.log-20251121 or
// app-1.log of app.log, and when its turn was.
func rotation(base, name string) (turn, bool) {
	suffix, ok := strings.CutPrefix(name, base)
	if !ok {
		ext := filepath.Ext(base)
		suffix, ok = strings.CutPrefix(name, strings.TrimSuffix(base, ext))
		if ok {
			suffix, ok = strings.CutSuffix(suffix, ext)
		}
	}
	if !ok || !rotatedSuffix.MatchString(suffix) {
		return noTurn, false
	}
	if n, err := strconv.Atoi(suffix[1:]); err == nil && n < 10000 {
		return turn{number: n}, true
	}
	return turn{number: -1, date: strings.Map(digit, suffix)}, true
}

// unrotated is the name that rotation made name of, as far as that can be told.
func unrotated(name string) string {
	if base := rotatedEnd.ReplaceAllString(name, ""); base != name {
		return base
	}
	ext := filepath.Ext(name)
	return rotatedEnd.ReplaceAllString(strings.TrimSuffix(name, ext), "") + ext
}

func digit(r rune) rune {
	if '0' <= r && r <= '9' {
		return r
	}
	return -1
}

func rotatedName(base, name string) bool {
	_, ok := rotation(base, name)
	return ok
}

// turn is what a rotated name says of its age.
type turn struct {
	number int    // 1 is the youngest; -1: none
	date   string // its digits; "": none
	packed bool   // the time of the file may be that of gzipping it
}

var noTurn = turn{number: -1}

// turnOf is the turn of a source's rotated file, gzipped or not.
func turnOf(source, path string) turn {
	t, _ := rotation(filepath.Base(source), unpackedName(filepath.Base(path)))
	t.packed = packedName(path)
	return t
}

// compare says which came first, if their names tell. Dates are asked only where
// times cannot be: there are hours that come twice.
func (t turn) compare(u turn) (c int, ok bool) {
	switch {
	case t.number >= 0 && u.number >= 0:
		return cmp.Compare(u.number, t.number), true
	case (t.packed || u.packed) && t.date != "" && len(t.date) == len(u.date):
		return cmp.Compare(t.date, u.date), true
	}
	return 0, false
}

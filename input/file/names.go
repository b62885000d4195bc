package file

import (
	"cmp"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// packedSuffix is what gzip adds to a name.
const packedSuffix = ".gz"

func packedName(path string) bool { return strings.HasSuffix(path, packedSuffix) }

// unpackedName is a name without the suffix of gzip.
func unpackedName(path string) string { return strings.TrimSuffix(path, packedSuffix) }

// sighting is a path and what it leads to.
type sighting struct {
	path   string
	target string // of a symlink, "" for others
	stat   stat
	packed bool // what it says counts if it is gzipped
}

// name is a file's path together with its identity in the file system.
func (s sighting) name() name { return name{s.path, s.stat.id} }

type name struct {
	path string
	id   fileID
}

// numbered reports whether the name is that of source with something in it, as app-1.log.
// That may be the name of another log that is still written.
func (found sighting) numbered(source string) bool {
	return !strings.HasPrefix(filepath.Base(found.path), filepath.Base(source))
}

// rotatedSuffix is what rotation adds to a name: a number, a date, a time.
const rotatedPattern = `[-._](\d[-0-9T:._Z+]*|old|bak|prev)$`

var (
	rotatedSuffix = regexp.MustCompile(`^` + rotatedPattern)
	rotatedEnd    = regexp.MustCompile(rotatedPattern)
)

// rotation reports whether name is base as rotated, such as app.log.1, app.log-20251121 or
// app-1.log of app.log, and returns its turn.
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

// unrotated is the name that a file had before rotation gave it this one, as far as that
// can be told.
func unrotated(name string) string {
	if base := rotatedEnd.ReplaceAllString(name, ""); base != name {
		return base
	}
	ext := filepath.Ext(name)
	return rotatedEnd.ReplaceAllString(strings.TrimSuffix(name, ext), "") + ext
}

// numberedName matches a rotated name whose number grows with each rotation.
var numberedName = regexp.MustCompile(`^(.*[-._])(\d{1,4})((?:\.[A-Za-z]+)*)$`)

// rotatedOn is the name that the next rotation gives to a file with a number in its name.
func rotatedOn(name string) (string, bool) {
	parts := numberedName.FindStringSubmatch(name)
	if parts == nil {
		return "", false
	}
	n, err := strconv.Atoi(parts[2])
	return parts[1] + strconv.Itoa(n+1) + parts[3], err == nil
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

// turn is the age of a file that its rotated name shows.
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

// compare returns which came first; ok is false if the names do not tell. Dates are
// compared only where times cannot be, as there are hours that come twice.
func (t turn) compare(u turn) (c int, ok bool) {
	switch {
	case t.number >= 0 && u.number >= 0:
		return cmp.Compare(u.number, t.number), true
	case (t.packed || u.packed) && t.date != "" && len(t.date) == len(u.date):
		return cmp.Compare(t.date, u.date), true
	}
	return 0, false
}

// mtimeTick is how much too early a file's modification time may be.
const mtimeTick = 20 * time.Millisecond

// mtimeGrain is how exact the modification time is that gzip restores.
const mtimeGrain = 2 * time.Second

// rotatedFrom reports whether rotation gives such a name to source.
func (s sighting) rotatedFrom(source string) bool {
	name := filepath.Base(s.path)
	if s.packed {
		name = unpackedName(name)
	}
	return rotatedName(filepath.Base(source), name)
}

// since reports whether the file may have been written at mtime or later.
func (s sighting) since(mtime int64) bool { return s.stat.mtime >= mtime-int64(mtimeGrain) }

func packedLast(a, b sighting) int {
	switch {
	case a.packed == b.packed:
		return 0
	case b.packed:
		return -1
	}
	return 1
}

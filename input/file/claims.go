package file

import "path/filepath"

// claim is a reason to continue a record in a file. It is judged by the record and the
// listing alone; whether the file also holds what was read is checked for the accepted ones
// only.
type claim struct {
	name   string
	nearby bool // asked of files beside the record's path, in the first listings
	unzip  bool // also of gzipped files, whatever the globs name
	accept func(r record, found sighting) bool
}

// claims are tried in this order, each on all files: the surest first.
var claims = []claim{
	{"a record goes on in its own file", false, true, func(r record, found sighting) bool {
		return r.ID == found.stat.id && r.telling()
	}},
	{"rotated while nobody looked, it is beside its path", true, true, func(r record, found sighting) bool {
		return r.ID == found.stat.id && r.telling()
	}},
	{"the same content is the same file, though the system calls it otherwise", false, false, isSameContent},
	{"copied and truncated while nobody looked, it is beside its path", true, true, func(r record, found sighting) bool {
		if found.packed {
			return r.telling() && found.rotatedWith(r) && found.since(r.Mtime)
		}
		return r.telling() && rotatedName(filepath.Base(r.Path), filepath.Base(found.path))
	}},
	{"an empty file is known by its name alone", false, true, func(r record, found sighting) bool {
		return r.ID == found.stat.id && r.wasEmptyAt(found)
	}},
}

// isSameContent reports whether found may be r's file by its content. A few bytes in
// common prove nothing, and none at all even less, unless the name says the same: as
// rotation gives it to a copy, or with an inode on a device that is numbered anew.
func isSameContent(r record, found sighting) bool {
	named := r.Path == found.path && r.ID.Ino == found.stat.id.Ino ||
		rotatedName(filepath.Base(r.Path), filepath.Base(found.path))
	return !r.Old && (r.Offset >= anchorSize || r.telling() && named)
}

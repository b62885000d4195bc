package file

// arrivalOf makes an arrival of an open file that has just been found. It returns nil if
// the file cannot be read.
func arrivalOf(path string, f content) *arrival {
	if f == nil {
		return nil
	}
	st, err := f.stat()
	if err != nil {
		return nil
	}
	head, err := readHead(f, make([]byte, headSize))
	if err != nil {
		return nil
	}
	return &arrival{path: path, stat: st, file: f, head: head}
}

// leads reports whether a's path still leads to this file.
func (a *arrival) leads() bool {
	st, err := statPath(a.path)
	return err == nil && st.id == a.stat.id
}

// arrival is a file that belongs to no generation yet.
type arrival struct {
	path string
	stat stat
	file content
	head []byte
}

// packed reports whether a is gzipped; its head and content are then those of the unpacked
// text.
func (a *arrival) packed() bool {
	_, ok := a.file.(*packed)
	return ok
}

// reaches reports whether a has at least n bytes.
func (a *arrival) reaches(n int64) bool {
	if !a.packed() || n == 0 {
		return a.stat.size >= n
	}
	var last [anchorSize]byte
	_, err := readBefore(a.file, n, 1, &last)
	return err == nil
}

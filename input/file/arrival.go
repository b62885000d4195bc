package file

// arrivalOf makes an arrival of an open file that has just been found. It returns nil if
// the file cannot be read.
func arrivalOf(path string, f content) *arrival {
	if f == nil {
		return nil
	}
	st, head, err := lookInto(f)
	if err != nil {
		return nil
	}
	return &arrival{path: path, stat: st, file: f, head: head}
}

// lookInto returns a file's attributes together with how it begins. A size that is older than the
// text, where the file is just being written, would say that it lacks what it holds.
func lookInto(f content) (st stat, head []byte, err error) {
	for range rereads {
		if head, err = readHead(f, make([]byte, headSize)); err != nil {
			return stat{}, nil, err
		}
		if st, err = f.stat(); err != nil {
			return stat{}, nil, err
		}
		if min(st.size, headSize) == int64(len(head)) {
			break
		}
	}
	return st, head, nil
}

// refresh looks at the file again, and reports whether it could.
func (a *arrival) refresh() bool {
	st, head, err := lookInto(a.file)
	if err == nil {
		a.stat, a.head = st, head
	}
	return err == nil
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

package file

import (
	"io"
	"os"
)

// content is the text of an open file, unpacked if the file is gzipped.
type content interface {
	io.ReaderAt
	io.Closer
	stat() (stat, error)
}

// plain is a file that is not gzipped.
type plain struct{ *os.File }

func (p plain) stat() (stat, error) { return statFile(p.File) }

package file

import (
	"io"
	"os"
)

// content is what an open file says, from its first byte on.
type content interface {
	io.ReaderAt
	io.Closer
	stat() (stat, error)
}

// plain is a file that says what it holds.
type plain struct{ *os.File }

func (p plain) stat() (stat, error) { return statFile(p.File) }

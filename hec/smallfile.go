package hec

import (
	"fmt"
	"io"
	"os"
	"time"
)

// smallMax is more than any file that a setting names needs: a bundle of all public authorities
// has some 250 KB.
const smallMax = 4 << 20

// smallWait is how long a pipe may take to say what is in it.
const smallWait = 5 * time.Second

// ReadSmallFile reads a file that a setting names, such as a token's or a certificate's. Whatever
// stands under that name, it ends: a pipe into which nobody writes holds up nothing, and a device
// without end is refused. What a command writes, as in <(command), is read.
func ReadSmallFile(path string) ([]byte, error) {
	return readSmall(path, smallMax)
}

func readSmall(path string, most int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openAtOnce, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	_ = f.SetReadDeadline(time.Now().Add(smallWait)) // only pipes have one, and only they need it
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(text)) > most:
		return nil, fmt.Errorf("%s is longer than the %d bytes that such a file can need: name another file", path, most)
	case len(text) == 0:
		return nil, emptyError(path, f)
	}
	return text, nil
}

// emptyError says that nothing could be read; nil: the file is one, and empty.
func emptyError(path string, f *os.File) error {
	if info, err := f.Stat(); err != nil || info.Mode().IsRegular() {
		return err
	}
	return fmt.Errorf("%s is a pipe or a device, and nothing comes out of it: name a file", path)
}

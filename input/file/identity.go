package file

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"
)

const (
	headSize   = 1 << 10 // how much of a file's beginning tells it from others
	anchorSize = 256     // how much before an offset proves that the offset belongs there
)

// fileID is how the file system identifies a file. A number is given to another file as
// soon as it is free, so it proves nothing alone.
type fileID struct{ Dev, Ino uint64 }

// stat holds the attributes of a file that are needed. It is asked for often, so it is read
// without allocating where the system allows that.
type stat struct {
	id    fileID
	size  int64
	mtime int64 // nanoseconds, compared for difference only: clocks jump
	links uint64

	regular, dir bool
}

// digest identifies bytes without keeping them.
type digest struct {
	Len int    `json:"len"`
	Sum string `json:"sum,omitempty"`
}

func digestOf(b []byte) digest {
	if len(b) == 0 {
		return digest{}
	}
	sum := sha256.Sum256(b)
	return digest{Len: len(b), Sum: hex.EncodeToString(sum[:8])}
}

// mark is the digest of the bytes before a place that was read.
type mark struct {
	end int64
	len int
	sum [8]byte
}

func markOf(end int64, before []byte) mark {
	sum := sha256.Sum256(before)
	m := mark{end: end, len: len(before)}
	copy(m.sum[:], sum[:])
	return m
}

func (m mark) holds(r io.ReaderAt, buf *[anchorSize]byte) bool {
	before, err := readBefore(r, m.end, m.len, buf)
	return err == nil && markOf(m.end, before) == m
}

// readBefore reads the n bytes before end.
func readBefore(r io.ReaderAt, end int64, n int, buf *[anchorSize]byte) ([]byte, error) {
	b := buf[:n]
	if got, err := r.ReadAt(b, end-int64(n)); got < n {
		return nil, err
	}
	return b, nil
}

// rereads is how often at most a file that changes under the reading is read again.
const rereads = 5

// readHead reads as much of the beginning as identifies a file. One reading may hold the beginning
// of what was there and the end of what has replaced it, so it reads until it finds the same again.
func readHead(r io.ReaderAt, buf []byte) (head []byte, err error) {
	again := heads.Get().(*[headSize]byte)
	defer heads.Put(again)
	for range rereads {
		var n, m int
		if n, err = r.ReadAt(buf[:headSize], 0); err != nil && err != io.EOF {
			return nil, err
		}
		head = buf[:n]
		if m, err = r.ReadAt(again[:n], 0); err != nil && err != io.EOF {
			return nil, err
		}
		if bytes.Equal(head, again[:m]) {
			break
		}
	}
	return head, nil
}

// heads are buffers for the beginning of a file, *[headSize]byte.
var heads = sync.Pool{New: func() any { return new([headSize]byte) }}

// compressed files begin with one of these. What a log held before it was compressed was
// read before, or is not readable as lines.
var compressed = [][]byte{
	{0x1f, 0x8b, 0x08},                  // gzip
	{0x28, 0xb5, 0x2f, 0xfd},            // zstd
	{0xfd, '7', 'z', 'X', 'Z', 0x00},    // xz
	{'B', 'Z', 'h', '9', '1', 'A', 'Y'}, // bzip2 as everyone writes it
	{0x04, 0x22, 0x4d, 0x18},            // lz4
	{'P', 'K', 0x03, 0x04},              // zip
	{'7', 'z', 0xbc, 0xaf, 0x27, 0x1c},  // 7z
}

// tells reports whether the beginning of a file identifies it. Less than a line does not:
// the line may still be being written.
func tells(head []byte) bool { return len(head) >= headSize || bytes.IndexByte(head, '\n') >= 0 }

func isGzip(head []byte) bool { return bytes.HasPrefix(head, compressed[0]) }

func isCompressed(head []byte) bool {
	for _, magic := range compressed {
		if bytes.HasPrefix(head, magic) {
			return true
		}
	}
	return false
}

// mayBeCompressed reports whether head is too short to tell whether the file is compressed.
func mayBeCompressed(head []byte) bool {
	for _, magic := range compressed {
		if len(head) < len(magic) && len(head) > 0 && bytes.HasPrefix(magic, head) {
			return true
		}
	}
	return false
}

// readMark marks offset and returns the bytes before it.
func readMark(f io.ReaderAt, offset int64) (mark, []byte, error) {
	var buf [anchorSize]byte
	before, err := readBefore(f, offset, int(min(offset, anchorSize)), &buf)
	if err != nil {
		return mark{}, nil, err
	}
	return markOf(offset, before), before, nil
}

func newKey() string { return rand.Text()[:16] }

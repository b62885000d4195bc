package file

// fingerprint is what a content is known by: how it begins, and what stands before the
// place that it was read to.
type fingerprint struct {
	head    []byte // its first bytes; at most headSize
	headSum digest // of head, or of the beginning of it
	off     int64  // where the next record begins
	before  []byte // the bytes before off; at most anchorSize
}

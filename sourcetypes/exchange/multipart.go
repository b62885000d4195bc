package exchange

import (
	"bytes"
	"mime"
)

// fieldScanner reads the field model of a body of multipart/form-data, as it comes.
// Files are passed over.
type fieldScanner struct {
	boundary []byte // the line that stands before each part, without its end
	model    *short
	line     []byte // the beginning of the line that is being read
	cut      bool   // it is longer
	state    partState
}

type partState uint8

const (
	inPart      partState = iota // of no interest
	inPartHead                   // the lines before what a part holds
	inModelHead                  // likewise, of the field model
	inModel
)

func newFieldScanner(contentType []byte, model *short) *fieldScanner {
	kind, params, err := mime.ParseMediaType(string(contentType))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil
	}
	return &fieldScanner{boundary: []byte("--" + params["boundary"]), model: model}
}

// feed reads a further piece.
func (f *fieldScanner) feed(p []byte) {
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		part := p
		if end >= 0 {
			part = p[:end]
		}
		fits := min(len(part), maxField-len(f.line))
		f.cut = f.cut || fits < len(part)
		f.line = append(f.line, part[:fits]...)
		if end < 0 {
			return
		}
		f.takeLine(bytes.TrimSuffix(f.line, []byte{'\r'}))
		f.line, f.cut = f.line[:0], false
		p = p[end+1:]
	}
}

const maxField = 1 << 10

func (f *fieldScanner) takeLine(line []byte) {
	switch {
	case bytes.HasPrefix(line, f.boundary) && !f.cut:
		f.state = inPartHead
	case f.state == inModel:
		f.model.text = f.model.text[:0]
		f.model.add(line)
		f.state = inPart
	case len(line) == 0 && f.state == inModelHead:
		f.state = inModel
	case len(line) == 0:
		f.state = inPart
	case f.state == inPartHead && f.namesModel(line):
		f.state = inModelHead
	}
}

// namesModel reports whether a line of a part's head says that it is the field model.
func (f *fieldScanner) namesModel(line []byte) bool {
	name, value, _ := bytes.Cut(line, []byte{':'})
	if !bytes.EqualFold(name, []byte("Content-Disposition")) {
		return false
	}
	kind, params, err := mime.ParseMediaType(string(value))
	return err == nil && kind == "form-data" && params["name"] == "model"
}

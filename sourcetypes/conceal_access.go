package sourcetypes

import "bytes"

// access hides the texts in the query of an access line, and what stands behind it.
func (c *concealer) access(b *block) {
	if b.knownRequest() {
		return
	}
	end := b.first
	for i := 0; i < end; {
		i = c.accessWithin(i, end)
	}
}

// knownRequest reports whether a block begins with an access line of a known path and without a query.
func (b *block) knownRequest() bool { return b.form == access && b.strict && b.request.route != nil }

// accessWithin does so for the access line that stands at i, and returns where it ends.
func (c *concealer) accessWithin(i, to int) int {
	quote := bytes.IndexByte(c.text[i:to], '"')
	if quote < 0 {
		return to
	}
	i += quote + 1
	end := closingQuote(c.text[:to], i)
	if end < 0 {
		end = to
	}
	// The query is as the client sent it, quotes and all: it ends with the line, or
	// where another access line begins.
	if n := gluedLine(c.text[i:to]); n >= 0 {
		end = i + n
	} else {
		end = max(end, to-1)
	}
	c.query(i, end)
	return min(end+1, to)
}

// query hides the texts in the query of a target.
func (c *concealer) query(i, end int) {
	target := c.text[i:end]
	q := bytes.IndexByte(target, '?')
	if q < 0 {
		return
	}
	asked := asks(target[:q])
	for from := q + 1; from < len(target); {
		n := bytes.IndexFunc(target[from:], paramEnd)
		if n < 0 {
			n = len(target) - from
		}
		if at := hiddenParam(target[from:from+n], asked); at != 0 {
			c.hide(span{i + from + max(at, 0), i + from + n}, true)
		}
		from += n + 1
	}
}

// asks reports whether a path is one that a text is sent to.
func asks(path []byte) bool {
	for _, word := range askedPaths {
		if bytes.Contains(path, word) {
			return true
		}
	}
	return false
}

var askedPaths = [][]byte{
	[]byte("/generate"), []byte("/chat"), []byte("/embed"), []byte("/completions"), []byte("/responses"),
	[]byte("/messages"), []byte("/web_"), []byte("/images"),
	[]byte("/create"), []byte("/completion"),
}

// concealQuery appends a query as PROMPTS lets it be shipped.
func (n *Normalizer) concealQuery(dst, path, query []byte) []byte {
	if n.opts.Prompts != Off {
		return append(dst, query...)
	}
	asked := asks(path)
	for len(query) > 0 {
		end := bytes.IndexFunc(query, paramEnd)
		if end < 0 {
			end = len(query)
		}
		part := query[:end]
		if at := hiddenParam(part, asked); at != 0 {
			dst = append(append(dst, part[:max(at, 0)]...), KindPrompt.Mask()...)
		} else {
			dst = append(dst, part...)
		}
		if query = query[end:]; len(query) > 0 {
			dst, query = append(dst, query[0]), query[1:]
		}
	}
	return dst
}

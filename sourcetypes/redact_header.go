package sourcetypes

// header measures the value of an HTTP header: what follows the scheme, or for
// a cookie everything.
func (v *value) header(from int, inQuotes bool) (h hit, ok bool) {
	b := v.text
	to := v.wordEnd(from, inQuotes)
	if v.name.cookie {
		for next := gapEnd(b, to, 0); next > to; next = gapEnd(b, to, 0) {
			to = v.wordEnd(next, inQuotes)
		}
		return v.judge(from, trimEnd(b, from, to), false, false)
	}
	next := gapEnd(b, to, 0)
	if next > to && next < len(b) && b[next] != '\n' {
		switch name := b[from:to]; {
		case equalFold(name, "bearer"), equalFold(name, "basic"), equalFold(name, "splunk"), equalFold(name, "token"), equalFold(name, "apikey"):
			from = next
			if n := openingQuote(b, from); n > 0 && !(n == 1 && v.quotes.closes(b, from)) {
				v.at = from
				if from, to, ok := v.quoted(n - 1); ok {
					return v.judge(from, to, false, true)
				}
			}
			to = v.wordEnd(from, inQuotes)
		case equalFold(name, "digest"), equalFold(name, "negotiate"), equalFold(name, "aws4-hmac-sha256"), equalFold(name, "hawk"), equalFold(name, "oauth"):
			from, to = next, v.params(next, inQuotes)
		default:
			if end := v.wordEnd(next, inQuotes); random(b[next:end]) && !v.assigns(next) {
				to = end // a scheme of its own
			}
		}
	}
	return v.judge(from, trimEnd(b, from, to), false, false)
}

// params is where a list such as a="b", c=d that begins at i ends. One that
// begins with a word is only that.
func (v *value) params(i int, inQuotes bool) int {
	b := v.text
	for {
		if v.assigns(i) {
			for b[i] != '=' {
				i++
			}
			i++
		}
		if n := openingQuote(b, i); n > 0 && !(n == 1 && v.quotes.closes(b, i)) {
			v.at = i
			if _, to, ok := v.quoted(n - 1); ok {
				i = min(to+n, len(b))
			}
		} else {
			i = v.wordEnd(i, inQuotes)
		}
		if i == len(b) || b[i] != ',' {
			return i
		}
		next := gapEnd(b, i+1, 1)
		if !v.assigns(next) {
			return i
		}
		i = next
	}
}

// assigns says whether a name and = stand at i.
func (v *value) assigns(i int) bool {
	start := i
	for i < len(v.text) && identByte[v.text[i]] {
		i++
	}
	return i > start && i < len(v.text) && v.text[i] == '='
}

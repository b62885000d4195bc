// Package links looks at the links of pages in Markdown, and gives them other targets where pages
// are installed under other names.
//
// It knows inline links alone, [text](target), and those of pictures.
package links

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Pages are the texts of pages by their paths, with slashes.
type Pages map[string]string

// inline is a link: whether it is a picture, its text, its target.
var inline = regexp.MustCompile(`(!?)\[([^\]\[]*)\]\(([^)\s]+)\)`)

// Broken tells of each link that leads nowhere: to a file for which there is not, or to a heading that
// its page does not have. Links to other machines are not followed.
func (p Pages) Broken(there func(name string) bool) (problems []string) {
	for _, from := range slices.Sorted(maps.Keys(p)) {
		for _, m := range inline.FindAllStringSubmatch(prose(p[from]), -1) {
			name, anchor, external := resolve(from, m[3])
			if external {
				continue
			}
			page, isPage := p[name]
			switch {
			case !isPage && !there(name):
				problems = append(problems, fmt.Sprintf("%s: there is no %s", from, m[3]))
			case anchor != "" && isPage && !slices.Contains(headings(page), anchor):
				problems = append(problems, fmt.Sprintf("%s: %s has no heading for #%s", from, name, anchor))
			}
		}
	}
	return problems
}

// Moved returns a page as it is to be installed: a link to what is installed, too, leads there, and
// of any other link only the text is left. names are the new paths of what is installed, by the old ones.
func Moved(from, text string, names map[string]string) string {
	at := path.Dir(names[from])
	return inline.ReplaceAllStringFunc(text, func(link string) string {
		m := inline.FindStringSubmatch(link)
		name, anchor, external := resolve(from, m[3])
		if external || name == from || !linked(text, link) {
			return link
		}
		to, installed := names[name]
		switch {
		case !installed && m[1] != "":
			return ""
		case !installed:
			return m[2]
		}
		target := to
		if path.Dir(to) == at {
			target = path.Base(to)
		} else if at != "." {
			target = strings.Repeat("../", strings.Count(at, "/")+1) + to
		}
		if anchor != "" {
			target += "#" + anchor
		}
		return m[1] + "[" + m[2] + "](" + target + ")"
	})
}

// linked reports whether what looks like a link is one, and not code.
func linked(text, link string) bool { return strings.Contains(prose(text), link) }

// resolve returns the path and the heading that a link on a page leads to.
func resolve(from, target string) (name, anchor string, external bool) {
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return "", "", true
	}
	name, anchor, _ = strings.Cut(target, "#")
	if name == "" {
		return from, anchor, false
	}
	return path.Join(path.Dir(from), name), anchor, false
}

var (
	fence = regexp.MustCompile("(?ms)^```.*?^```$")
	block = regexp.MustCompile(`(?m)^(?: {4}|\t).*$`)
	span  = regexp.MustCompile("`[^`\n]*`")
)

// prose is a text without what looks like a link in its code. The text of a link may be code.
func prose(text string) string {
	text = block.ReplaceAllString(fence.ReplaceAllString(text, ""), "")
	return span.ReplaceAllStringFunc(text, func(code string) string {
		if strings.Contains(code, "](") {
			return ""
		}
		return code
	})
}

var (
	heading = regexp.MustCompile(`(?m)^#+ +(.*?) *$`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// headings are the anchors of a page, as GitHub makes them of its headings.
func headings(text string) (anchors []string) {
	seen := map[string]int{}
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		title := inline.ReplaceAllString(m[1], "$2")
		anchor := strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(title), ""), " ", "-")
		if n := seen[anchor]; n > 0 {
			anchors = append(anchors, fmt.Sprintf("%s-%d", anchor, n))
		} else {
			anchors = append(anchors, anchor)
		}
		seen[anchor]++
	}
	return anchors
}

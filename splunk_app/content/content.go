// Package content writes the detections in the forms that detection engineers keep in their
// own repositories: a content pack for Splunk's contentctl, and rules for Sigma.
//
// Both are made from the statement in package detections; of Sigma, which has a language of
// its own, the conditions stand here. A form that cannot say all of a detection says so.
package content

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:generate go test . -update

// Files are the text of files by their paths, below the folder of a form.
type Files map[string]string

const author = "The ollama-hec authors"

// fileName returns what contentctl wants a file with this name of an object to be called.
func fileName(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "_", "-", "_", ".", "_", "/", "_").Replace(name))
}

// namespace is the UUID below which the objects that have none in the statement get theirs.
var namespace = [16]byte{0x5e, 0x0d, 0x2c, 0x61, 0x8b, 0x57, 0x4a, 0x1e, 0x9f, 0x36, 0x70, 0xd4, 0x11, 0xc8, 0x02, 0xaa}

// id returns the UUID of an object's name, the same each time (RFC 9562, version 5).
func id(name string) string {
	sum := sha1.Sum(append(namespace[:], name...))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

const written = "# Written from splunk_app/detections by go generate; a test holds it to that.\n"

func yamlOf(v any) string {
	var b bytes.Buffer
	b.WriteString(written)
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(v); err != nil {
		panic(err) // only text, numbers, lists and structs go in
	}
	return b.String()
}

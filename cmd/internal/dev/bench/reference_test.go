package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// The reference does less than the shipper, but what it does it does right.
func TestReferenceWrapsEveryLine(t *testing.T) {
	lines := []string{"", `a "b" \c`, "\ttab \x01", "é"}
	for _, l := range mixed(t, 1, 30_000) {
		lines = append(lines, strings.TrimSuffix(string(l), "\n"))
	}
	var out bytes.Buffer
	n, err := wrap(strings.NewReader(strings.Join(lines, "\n")+"\n"), &out, "/var/log/ollama.log")
	if err != nil || n != len(lines) {
		t.Fatalf("%d of %d lines, %v", n, len(lines), err)
	}
	zip, err := gzip.NewReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(zip)
	for i, want := range lines {
		var got struct{ Source, Event string }
		if err := dec.Decode(&got); err != nil || got.Event != want || got.Source != "/var/log/ollama.log" {
			t.Fatalf("line %d: got %+v, %v, want %q", i, got, err, want)
		}
	}
	if err := dec.Decode(new(any)); err != io.EOF {
		t.Errorf("after the last event: %v", err)
	}
}

func TestReferenceSaysThatALineIsTooLong(t *testing.T) {
	if _, err := wrap(strings.NewReader(strings.Repeat("x", referenceRead+1)), io.Discard, "s"); err == nil {
		t.Error("no error")
	}
}

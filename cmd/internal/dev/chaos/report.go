package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"ollama-hec/cmd/internal/harness"
)

// report prints the account and reports whether it is in order.
func report(w io.Writer, t harness.Tally, writers []*writer, k *killer, server *harness.Server) bool {
	var renamed, copied, deleted, bytes int
	for _, w := range writers {
		renamed += w.renamed
		copied += w.copied
		deleted += w.deleted
		bytes += w.bytes
	}
	fmt.Fprintf(w, "written       %d lines, %d bytes, by %d writers\n", t.Written, bytes, len(writers))
	fmt.Fprintf(w, "rotations     %d renamed, %d copied and truncated, %d deleted\n", renamed, copied, deleted)
	fmt.Fprintf(w, "kills         %d, and %d clean stops\n", k.kills, k.stops)
	fmt.Fprintf(w, "lost          %d\n", t.Lost)
	fmt.Fprintf(w, "duplicated    %d after an ambiguous reply or a lost acknowledgment\n", t.AfterAmbiguous)
	fmt.Fprintf(w, "              %d unacknowledged when the shipper was ended\n", t.AfterCrash)
	if n := len(t.Ages); n > 0 {
		fmt.Fprintf(
			w,
			"              half of them had come less than %d ms before, 99 %% less than %d ms, all less than %d ms\n",
			milliseconds(t.Ages[n/2]),
			milliseconds(t.Ages[n*99/100]),
			milliseconds(t.Ages[n-1]),
		)
	}
	fmt.Fprintf(w, "              %d without an excuse\n", t.Unexcused)
	fmt.Fprintf(w, "out of order  %d when first sent\n", t.Overtaking)
	fmt.Fprintf(w, "              %d when first taken: a batch before was rejected or never acknowledged\n", t.Disordered)
	fmt.Fprintf(w, "dead letters  %d\n", k.letters)
	faults := server.Faults()
	var sum int
	for _, n := range faults {
		sum += n
	}
	fmt.Fprintf(w, "faults        %d, in ambiguous batches %d\n", sum, server.Ambiguous())
	for _, kind := range slices.Sorted(maps.Keys(faults)) {
		fmt.Fprintf(w, "              %d %s\n", faults[kind], kind)
	}
	for _, e := range t.Examples {
		fmt.Fprintln(w, "example:", e)
	}
	for _, said := range k.leaks {
		fmt.Fprintln(w, "a shipper said:", said)
	}
	return t.Lost+t.Unexcused+t.Overtaking+t.Foreign+len(k.leaks) == 0
}

func milliseconds(d time.Duration) int64 { return d.Milliseconds() + 1 }

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// memory measures the peak for logs of a tenth of the size, the size and ten
// times it: the peak must not grow with the log.
func (b *bench) memory(ctx context.Context) error {
	log, err := b.log()
	if err != nil {
		return err
	}
	dir, remove, err := b.tempDir()
	if err != nil {
		return err
	}
	defer remove()
	tenth := filepath.Join(dir, "tenth.log")
	if err := writeLog(tenth, b.options.seed, max(1, b.options.lines/10)); err != nil {
		return err
	}
	tenfold := filepath.Join(dir, "tenfold.log")
	if err := repeat(tenfold, log, 10); err != nil {
		return err
	}
	for _, l := range []struct {
		path  string
		lines int
	}{{tenth, max(1, b.options.lines/10)}, {log, b.options.lines}, {tenfold, 10 * b.options.lines}} {
		st, err := os.Stat(l.path)
		if err != nil {
			return err
		}
		s, err := b.runShipper(ctx, l.path, l.lines, true)
		if err != nil {
			return err
		}
		b.report.addPeak(fmt.Sprintf("%.0f MB of log", float64(st.Size())/1e6), s)
	}
	return nil
}

// repeat writes a log that is from, n times.
func repeat(path, from string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for range n {
		src, err := os.Open(from)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, src)
		src.Close()
		if err != nil {
			return err
		}
	}
	return f.Close()
}

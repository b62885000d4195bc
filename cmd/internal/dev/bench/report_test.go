package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	lines := func(ns ...int) (all []sample) {
		for _, n := range ns {
			all = append(all, sample{lines: n, spent: spent{cpu: time.Microsecond}})
		}
		return all
	}
	for _, tt := range []struct {
		samples []sample
		want    float64
	}{
		{lines(1), 1000}, {lines(1, 4, 2), 500}, {lines(4, 2), 250},
	} {
		if got := medianOf(tt.samples, sample.perLine); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.samples, got, tt.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	for _, tt := range []struct {
		values []time.Duration
		p      int
		want   time.Duration
	}{
		{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100},
		{hundred[:1], 50, 100}, {hundred[:2], 99, 100}, {hundred[:3], 50, 99},
	} {
		if got := percentile(tt.values, tt.p); got != tt.want {
			t.Errorf("%d%% of %v: got %d, want %d", tt.p, tt.values, got, tt.want)
		}
	}
}

func TestFiguresSayWhetherTheGoalIsReached(t *testing.T) {
	r := new(report)
	r.add("a", "x", 0.5, atLeast(0.5))
	r.add("b", "x", 0.49, atLeast(0.5))
	r.add("c", "x", 64.1, atMost(64))
	r.add("d", "x", 1, noGoal)
	var out bytes.Buffer
	if err := r.writeJSON("-", &out); err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	want := []*bool{new(true), new(false), new(false), nil}
	for i, f := range back.Figures {
		if (f.Met == nil) != (want[i] == nil) || f.Met != nil && *f.Met != *want[i] {
			t.Errorf("%+v: want %v", f, want[i])
		}
	}
}

func TestParsePeak(t *testing.T) {
	for status, want := range map[string]int64{
		"Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t   18432 kB\nVmRSS:\t 1 kB\n": 18432 << 10, "Name:\tx\n": 0, "": 0, "VmHWM:\tmany kB\n": 0,
	} {
		if got := parsePeak(status); got != want {
			t.Errorf("%q: got %d, want %d", status, got, want)
		}
	}
}

package main

import (
	"maps"
	"slices"
)

// graph holds, by file and file mentioned, where.
type graph map[string]map[string][]string

// order puts files above those they mention, as far as that can be had: one that
// nobody left mentions comes next, or else one that is mentioned least for what it
// mentions itself.
func (g graph) order() (order []string) {
	left := make(map[string]bool)
	for file := range g {
		left[file] = true
	}
	for len(left) > 0 {
		best, least := "", 0
		for _, file := range slices.Sorted(maps.Keys(left)) {
			in, out := 0, 0
			for other := range left {
				in += len(g[other][file])
				out += len(g[file][other])
			}
			score := in - out
			if in == 0 {
				score = -1 << 30
			}
			if best == "" || score < least {
				best, least = file, score
			}
		}
		order = append(order, best)
		delete(left, best)
	}
	return order
}

// upward are the mentions that run against the order.
func (g graph) upward(order []string) (all []string) {
	for i, lower := range order {
		for _, upper := range order[:i] {
			all = append(all, g[lower][upper]...)
		}
	}
	slices.Sort(all)
	return all
}

// levels is on which layer each file stands, and how many there are.
func (g graph) levels(order []string) (level map[string]int, layers int) {
	level = make(map[string]int)
	for i := len(order) - 1; i >= 0; i-- {
		at := 1
		for _, lower := range order[i+1:] {
			if len(g[order[i]][lower]) > 0 {
				at = max(at, level[lower]+1)
			}
		}
		level[order[i]] = at
		layers = max(layers, at)
	}
	return level, layers
}

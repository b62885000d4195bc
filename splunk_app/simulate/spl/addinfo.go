package spl

import (
	"fmt"
	"strconv"
	"time"
)

// Times are when a search runs, and the range of times that it looks in.
type Times struct {
	Now              time.Time
	Earliest, Latest time.Time // zero: no boundary
}

// addinfo gives every row the times of the search.
type addinfo struct{ Times }

func buildAddinfo(args string, env *Env) (command, error) {
	switch {
	case args != "":
		return nil, fmt.Errorf("it takes no arguments, got %q", args)
	case env.Times.Now.IsZero():
		return nil, fmt.Errorf("when the search runs is not known")
	}
	return addinfo{env.Times}, nil
}

func (a addinfo) run(in Result) Result {
	for _, r := range in.Rows {
		r.set("info_min_time", []string{boundary(a.Earliest, "0.000")})
		r.set("info_max_time", []string{boundary(a.Latest, "+Infinity")})
		r.set("info_search_time", []string{boundary(a.Now, "")})
	}
	return in
}

// boundary returns a time in seconds, or what stands for none.
func boundary(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64)
}

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// usage sums up the requests to one model that a proxy recorded.
type usage struct {
	requests, asked, answered int
	first                     []time.Duration // times to the first token
}

// models prints, for each model, how much was asked of it and how long it took to begin its
// answers.
func (a *arrivals) models(w io.Writer) {
	models := map[string]*usage{}
	for _, ev := range a.events {
		var req struct {
			Origin   string   `json:"origin"`
			Model    string   `json:"model"`
			Asked    int      `json:"prompt_tokens"`
			Answered int      `json:"completion_tokens"`
			First    *float64 `json:"ttft_ms"`
		}
		if ev.Sourcetype != "ollama:api" || json.Unmarshal([]byte(ev.Raw), &req) != nil || req.Origin != "proxy" {
			continue
		}
		u := models[req.Model]
		if u == nil {
			u = new(usage)
			models[req.Model] = u
		}
		u.requests, u.asked, u.answered = u.requests+1, u.asked+req.Asked, u.answered+req.Answered
		if req.First != nil {
			u.first = append(u.first, time.Duration(*req.First*float64(time.Millisecond)))
		}
	}
	fmt.Fprint(w, "\nmodel, by proxy\trequests\tprompt tokens\tcompletion tokens\ttime to first token\n")
	for _, name := range slices.SortedFunc(maps.Keys(models), func(a, b string) int {
		return cmp.Or(cmp.Compare(models[b].requests, models[a].requests), cmp.Compare(a, b))
	}) {
		u := models[name]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\n", name, u.requests, u.asked, u.answered, median(u.first).Round(time.Millisecond))
	}
}

// median returns the middle value; 0 if there is none.
func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

// Command shot writes the pages of the dashboard with a made-up day in them, for Splunk's own
// components to draw: each source of a page becomes the rows that our model of Splunk finds
// for its very query. See draw, which runs it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"ollama-hec/splunk_app/dashboard"
	"ollama-hec/splunk_app/dashboard/shot/shrink"
	"ollama-hec/splunk_app/detections"
	"ollama-hec/splunk_app/simulate/spl"
)

func main() {
	out := flag.String("out", "", "folder for the pages")
	small := flag.String("shrink", "", "a picture to make smaller, instead")
	flag.Parse()
	var err error
	if *small != "" {
		err = shrink.File(*small)
	} else {
		err = write(*out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "shot:", err)
		os.Exit(1)
	}
}

// page is what the browser opens.
const page = `<!doctype html>
<meta charset="utf-8">
<title>%s</title>
<style>body{margin:0;font-family:"Helvetica Neue",Arial,sans-serif}</style>
<div id="root"></div>
<script>window.process={env:{}};window.$C={SPLUNKWEB_PORT_NUMBER:8000};window.PAGE=%s;</script>
<script src="app.js"></script>
`

// above is how high the inputs are.
const above = 84

// write writes of each page of the dashboard: a page for a browser, how high it is, and the
// titles of its panels.
func write(folder string) error {
	rows := day()
	for _, v := range dashboard.Views() {
		d, err := filled(v, rows)
		if err != nil {
			return fmt.Errorf("%s: %w", v.ID, err)
		}
		text, err := json.Marshal(d) // escapes < for HTML
		if err != nil {
			return err
		}
		height, titles := above, ""
		for _, r := range v.Rows {
			height += r.Height
			for _, p := range r.Panels {
				titles += p.Title + "\n"
			}
		}
		for name, text := range map[string]string{
			".html": fmt.Sprintf(page, v.Label, text), ".height": strconv.Itoa(height), ".titles": titles,
		} {
			if err := os.WriteFile(filepath.Join(folder, v.ID+name), []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// source is a data source of a definition.
type source struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Options struct {
		Query  string `json:"query"`
		Extend string `json:"extend"`
	} `json:"options"`
}

// filled is a page whose sources have their rows in them.
func filled(v dashboard.View, rows []spl.Row) (map[string]any, error) {
	d := v.Definition()
	text, err := json.Marshal(d["dataSources"])
	if err != nil {
		return nil, err
	}
	var sources map[string]source
	if err := json.Unmarshal(text, &sources); err != nil {
		return nil, err
	}
	tests := make(map[string]any)
	for id, s := range sources {
		if strings.HasPrefix(id, "ds_base_") {
			continue
		}
		query := s.Options.Query
		if s.Type == "ds.chain" {
			query = sources[s.Options.Extend].Options.Query + "\n" + query
		}
		query = strings.NewReplacer("$index$", "*", "$host$", "*").Replace(query)
		search, err := detections.QueryAt(query, spl.Times{Now: start.Add(24 * time.Hour)})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		for _, r := range rows {
			search.Add(r)
		}
		options := map[string]any{"data": dataOf(search.Result())}
		tests[id] = map[string]any{"type": "ds.test", "name": s.Name, "options": options}
	}
	d["dataSources"] = tests
	return d, nil
}

// span is that of Splunk's charts of a day, and of the model's.
const span = 1800

// dataOf is a result in the form of a source. Charts by time have all spans of the day.
func dataOf(res spl.Result) map[string]any {
	byTime := len(res.Columns) > 0 && res.Columns[0] == "_time"
	if byTime {
		res.Rows = everySpan(res.Rows)
	}
	fields, columns := []any{}, [][]any{}
	for i, name := range res.Columns {
		field := map[string]any{"name": name}
		column := make([]any, len(res.Rows))
		for j, r := range res.Rows {
			column[j] = valueOf(r[name])
			if byTime && i == 0 {
				seconds, _ := strconv.ParseFloat(r.First(name), 64) // set by everySpan
				column[j] = time.Unix(int64(seconds), 0).UTC().Format("2006-01-02T15:04:05.000-07:00")
				field["type_special"] = "time"
			}
		}
		fields, columns = append(fields, field), append(columns, column)
	}
	if byTime {
		fields = append(fields, map[string]any{"name": "_span"})
		columns = append(columns, slices.Repeat([]any{strconv.Itoa(span)}, len(res.Rows)))
	}
	return map[string]any{"fields": fields, "columns": columns}
}

func valueOf(values []string) any {
	switch len(values) {
	case 0:
		return nil
	case 1:
		return values[0]
	}
	return values
}

// everySpan adds rows for the spans of the day in which nothing was.
func everySpan(rows []spl.Row) (all []spl.Row) {
	at := make(map[string]spl.Row)
	for _, r := range rows {
		at[r.First("_time")] = r
	}
	for t := start.Unix(); t < start.Add(24*time.Hour).Unix(); t += span {
		key := strconv.FormatInt(t, 10)
		r := at[key]
		if r == nil {
			r = spl.Row{"_time": {key}}
		}
		all = append(all, r)
	}
	return all
}

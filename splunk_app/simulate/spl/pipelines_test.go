package spl

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// pipelines are searches over rows, and the rows that each leaves.
var pipelines = []struct {
	name, search string
	events, want []string
}{
	{
		"tstats counts by what is indexed",
		`| tstats count, max(_time) as newest where index=a* sourcetype IN ("s", "t") by sourcetype | search count>1`,
		[]string{"index=a sourcetype=s _time=1", "index=ab sourcetype=s _time=3", "index=b sourcetype=s _time=9", "index=a sourcetype=t _time=5"},
		[]string{"count=2 newest=3 sourcetype=s"},
	},
	{"a null by-field drops the row", `* | stats count by h`, []string{"h=a", "x=1", "h=a"}, []string{"count=2 h=a"}},
	{
		"a multivalue by-field makes groups",
		`* | stats count by h, m`,
		[]string{"h=a m=2|1"},
		[]string{"count=1 h=a m=1", "count=1 h=a m=2"},
	},
	{"values are sorted and unique", `* | stats values(v) as v, list(v) as l, dc(v) as d by h`,
		[]string{"h=a v=b", "h=a v=10", "h=a v=9", "h=a v=b"}, []string{"d=3 h=a l=b|10|9|b v=10|9|b"}},
	{"latest goes by _time", `* | stats latest(v) as n, earliest(v) as o, first(v) as f by h`,
		[]string{"h=a v=1 _time=30", "h=a v=2 _time=50", "h=a v=3 _time=40"}, []string{"f=1 h=a n=2 o=1"}},
	{"an aggregate of nothing is null", `* | stats values(v) as v, max(v) by h`, []string{"h=a"}, []string{"h=a"}},
	{"max compares numbers as numbers", `* | stats max(v), min(v) as least, sum(v), avg(v) as mean`,
		[]string{"v=9", "v=10"}, []string{"least=9 max(v)=10 mean=9.5 sum(v)=19"}},
	{
		"count of an expression",
		`* | stats count(eval(v>5)) as big, count(v) as all`,
		[]string{"v=9", "v=1", "x=1"},
		[]string{"all=2 big=1"},
	},
	{"stats without rows", `none=1 | stats count, values(v) as v`, []string{"v=1"}, []string{"count=0"}},
	{"stats by without rows", `none=1 | stats count by v`, []string{"v=1"}, nil},
	{"percentile", `* | stats p95(v) as p, median(v) as m`, []string{"v=1", "v=2", "v=3", "v=4"}, []string{"m=2 p=4"}},
	{
		"addinfo tells the times of the search",
		`* | addinfo | table info_min_time, info_max_time, info_search_time`,
		[]string{"x=1"}, []string{"info_max_time=+Infinity info_min_time=0.000 info_search_time=1767225600.000"},
	},
	{"eval in turn", `* | eval a=1, b=a+1 | table b`, []string{"x=1"}, []string{"b=2"}},
	{"eval of null takes the field away", `* | eval x=null() | fields - _time`, []string{"x=1 y=2"}, []string{"y=2"}},
	{"rex takes the first match", `* | rex field=v "(?<d>\d)" | table d`, []string{"v=a1b2", "v=x"}, []string{"d=1", ""}},
	{"rex takes many", `* | rex field=v max_match=5 "(?<d>\d)" | table d`, []string{"v=a1b2"}, []string{"d=1|2"}},
	{"rex keeps what it does not find", `* | rex field=v "(?<d>\d)" | table d`, []string{"v=x d=old"}, []string{"d=old"}},
	{"where drops null", `* | where v!="a" | table v`, []string{"v=a", "v=b", "x=1"}, []string{"v=b"}},
	{"macros in macros", "* | `all` | table v", []string{"v=a"}, []string{"v=a"}},
	{"lookup by range", `* | lookup ranges range AS ip OUTPUT note AS n | table ip n`,
		[]string{"ip=10.9.9.9", "ip=fd00::1", "ip=192.0.2.7", "ip=11.0.0.1 n=stays"},
		[]string{"ip=10.9.9.9 n=ten", "ip=fd00::1 n=six", "ip=192.0.2.7 n=exact", "ip=11.0.0.1"}},
	{
		"lookup of several rows",
		`* | lookup hosts name OUTPUT owner | table name owner`,
		[]string{
			"name=WEB-7.example",
			"name=db",
			"name=x",
		},
		[]string{"name=WEB-7.example owner=a|b", "name=db owner=c", "name=x"},
	},
	{"mvexpand", `* | mvexpand v | table h v`, []string{"h=a v=1|2", "h=b", "h=c v=3"},
		[]string{"h=a v=1", "h=a v=2", "h=b", "h=c v=3"}},
	{"eventstats", `* | eventstats max(v) as most, count by h | table h v most count`,
		[]string{"h=a v=1", "h=b v=5", "h=a v=7", "v=9"},
		[]string{"count=2 h=a most=7 v=1", "count=1 h=b most=5 v=5", "count=2 h=a most=7 v=7", "v=9"}},
	{
		"streamstats",
		`* | streamstats last(v) as so, sum(v) as sum, count by h | table h v so sum count`,
		[]string{"h=a v=1", "h=b v=5", "h=a", "h=a v=7", "v=9"},
		[]string{
			"count=1 h=a so=1 sum=1 v=1",
			"count=1 h=b so=5 sum=5 v=5",
			"count=2 h=a so=1 sum=1",
			"count=3 h=a so=7 sum=8 v=7",
			"v=9",
		},
	},
	{
		"streamstats before a row",
		`* | streamstats current=f last(v) as so first(v) as f max(v) as m min(v) as n | table v so f m n`,
		[]string{"v=5", "v=10", "v=7"},
		[]string{"v=5", "f=5 m=5 n=5 so=5 v=10", "f=5 m=10 n=5 so=10 v=7"},
	},
	{"streamstats in a window", `* | streamstats time_window=10s dc(v) as d, count(v) as n by h | table v d n`,
		[]string{"_time=1 h=a v=1", "_time=5 h=a v=1", "_time=9 h=a v=2", "_time=12 h=a v=3", "_time=40 h=a"},
		[]string{"d=1 n=1 v=1", "d=1 n=2 v=1", "d=2 n=3 v=2", "d=3 n=3 v=3", "d=0 n=0"}},
	{
		"inputlookup and outputlookup",
		`* | table name | inputlookup append=true hosts | outputlookup hosts | stats count by name`,
		[]string{
			"name=db",
			"name=x",
		},
		[]string{"count=1 name=*.example", "count=2 name=db", "count=1 name=web-*", "count=1 name=x"},
	},
	{
		"rename, sort, head, dedup",
		`* | rename v as w | sort - w | dedup w | head 2 | table w`,
		[]string{"v=9", "v=10", "v=10", "v=1"},
		[]string{"w=10", "w=9"},
	},
	{"bin", `* | bin _time span=5m | stats count by _time`, []string{"_time=299.5", "_time=300", "_time=601 x=1"},
		[]string{"_time=0 count=1", "_time=300 count=1", "_time=600 count=1"}},
	{"sort with a limit", `* | sort 2 - v | table v w`, []string{"v=1", "v=3 w=a", "v=2", "v=3 w=b", "v=0", "v=3 w=c"},
		[]string{"v=3 w=a", "v=3 w=b"}},
	{
		"timechart",
		`* | timechart span=1m count by k`,
		[]string{"_time=60 k=a", "_time=61 k=b", "_time=119 k=a", "_time=121 k=a"},
		[]string{"_time=60 a=2 b=1", "_time=120 a=1"},
	},
	{
		"timechart of spans that are long enough",
		`* | timechart span=1m minspan=5m count`,
		[]string{"_time=60", "_time=299", "_time=300"},
		[]string{"_time=0 count=2", "_time=300 count=1"},
	},
	{
		"timechart of several",
		`* | timechart span=1h count, max(v) as m`,
		[]string{"_time=60 v=1", "_time=61 v=7"},
		[]string{"_time=0 count=2 m=7"},
	},
}

// What a pipeline leaves, as name=value|value … a row, columns sorted by name.
func TestPipeline(t *testing.T) {
	hosts, err := ReadLookup(strings.NewReader("name,owner\nweb-*,a\n*.example,b\ndb,c\n"),
		Matching{Wildcard: []string{"name"}, FoldCase: true, Most: 2})
	if err != nil {
		t.Fatal(err)
	}
	lookup, err := ReadLookup(
		strings.NewReader("range,note\n10.0.0.0/8,ten\nfd00::/8,six\n192.0.2.7,exact\n"),
		Matching{CIDR: []string{"range"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	env := Env{
		Macros:  map[string]string{"all": "search `none`", "none": "*"},
		Lookups: map[string]*Lookup{"ranges": lookup, "hosts": hosts},
		Times:   Times{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	for _, tt := range pipelines {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range run(t, tt.search, env, rows(t, tt.events...)...).Rows {
				var cells []string
				for _, name := range slices.Sorted(maps.Keys(r)) {
					cells = append(cells, name+"="+strings.Join(r[name], "|"))
				}
				got = append(got, strings.Join(cells, " "))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

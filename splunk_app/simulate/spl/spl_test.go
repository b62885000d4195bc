package spl

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// rows reads events written as field=value, several values apart by |.
func rows(t *testing.T, lines ...string) []Row {
	t.Helper()
	var list []Row
	for i, l := range lines {
		r := Row{"_time": {fmt.Sprint(1000 + i)}}
		if raw, ok := strings.CutPrefix(l, "raw:"); ok {
			r["_raw"] = []string{raw}
			l = ""
		}
		for _, pair := range strings.Fields(l) {
			name, v, _ := strings.Cut(pair, "=")
			r[name] = strings.Split(v, "|")
		}
		list = append(list, r)
	}
	return list
}

func run(t *testing.T, search string, env Env, events ...Row) Result {
	t.Helper()
	s, err := Compile(search, env)
	if err != nil {
		t.Fatalf("compile %s: %v", search, err)
	}
	res := s.Run(events)
	stream := s.Stream()
	for _, e := range events {
		stream.Add(e)
	}
	if streamed := stream.Result(); !reflect.DeepEqual(streamed, res) && len(res.Rows)+len(streamed.Rows) > 0 {
		t.Errorf("%s: event by event it finds %v, and %v at once", search, streamed, res)
	}
	return res
}

// What the search command keeps.
func TestSearch(t *testing.T) {
	tests := []struct {
		search, event string
		want          bool
	}{
		{`level=WARN`, `level=warn`, true}, // no regard to case
		{`Level=WARN`, `level=WARN`, false},
		{`msg="*dial tcp*"`, `raw:x`, false},
		{`a="*B*"`, `a=xbx`, true},
		{`a=b*`, `a=xb`, false},
		{`a=*`, `b=1`, false},
		{`a=*`, `a=`, true},
		{`a=""`, `a=`, true},
		{`a=5`, `a=5.0`, true},
		{`a>9`, `a=10`, true},
		{`a>9`, `b=10`, false},
		{`a=2`, `a=1|2`, true}, // any value will do
		{`a!=1`, `a=2`, true},
		{`a!=1`, `b=2`, false}, // != needs the field
		{`NOT a=1`, `b=2`, true},
		{`a IN (1, x*)`, `a=xyz`, true},
		{`a IN (1, 2)`, `a=3`, false},
		{`a=1 b=2`, `a=1 b=2`, true},
		{`a=1 b=2`, `a=1`, false},
		{`a=1 OR b=2 c=3`, `a=1`, false}, // OR binds tighter than AND
		{`a=1 OR b=2 c=3`, `b=2 c=3`, true},
		{`(a=1 b=2) OR c=3`, `c=3`, true},
		{`NOT a=1 OR b=2`, `a=1 b=2`, true},
		{`*`, `a=1`, true},
		{`refused`, `raw:connect: connection Refused.`, true},
		{`refuse`, `raw:connection refused`, false}, // whole segments only
		{`refuse*`, `raw:connection refused`, true},
		{`GIN`, `raw:[GIN] 2026`, true},
		{`GIN`, `raw:[GIN-debug]`, true}, // minor breakers bound segments too
		{`"connection refused"`, `raw:a connection refused b`, true},
		{`"connection refused"`, `raw:refused connection`, false},
		{`"size = N*"`, `raw:x size = N8`, true},
		{`host`, `raw:OLLAMA_HOST=x`, true},
		{`a*d`, `raw:a b d`, false}, // a wildcard stays within its segment
		{`x "a \"b\""`, `raw:x a "b"`, true},
		{`a=1`, ``, false},
		{`a="10.0.0.0/8"`, `a=10.1.2.3`, true}, // a range of addresses
		{`a="10.0.0.0/8"`, `a=11.1.2.3`, false},
		{`a IN ("::1/128", "fe80::/10")`, `a=fe80::7`, true},
		{`* | regex a="^b\\d$"`, `a=b1`, true},
		{`* | regex a!="^b"`, `a=b1`, false},
		{`* | regex a!="^b"`, `c=1`, true},
		{`* | regex "con.*ed"`, `raw:connection refused`, true},
	}
	for _, tt := range tests {
		if got := len(run(t, tt.search, Env{}, rows(t, tt.event)...).Rows) == 1; got != tt.want {
			t.Errorf("%s on %s: kept %v, want %v", tt.search, tt.event, got, tt.want)
		}
	}
}

// What an eval expression yields for n=5 s=abc m=b|a|b q=7x; z is null.
func TestEval(t *testing.T) {
	event := Row{
		"n":     {"5"},
		"s":     {"abc"},
		"m":     {"b", "a", "b"},
		"q":     {"7x"},
		"S":     {"ABC"},
		"ip":    {"::ffff:10.1.2.3"},
		"a b":   {"sp"},
		"_time": {"1764000000.5"},
	}
	tests := []struct{ expr, want string }{
		{`n + 1`, "6"},
		{`n . 1`, "51"},
		{`2 + 3 * 4`, "14"},
		{`(2 + 3) * 4 % 7`, "6"},
		{`-n`, "-5"},
		{`n / 0`, "null"},
		{`s . z`, "null"},
		{`z + 1`, "null"},
		{`s = "ABC"`, "false"}, // unlike search, eval has regard to case
		{`n = 5.0`, "true"},
		{`n < 10`, "true"},
		{`z = 1`, "null"},
		{`NOT z = 1`, "null"},
		{`z = 1 OR n = 5`, "true"},
		{`z = 1 AND n = 4`, "false"},
		{`n=5 OR n=6 AND n=7`, "true"}, // AND binds tighter than OR
		{`n=5 XOR s="abc"`, "false"},
		{`m = "a"`, "true"},
		{`'a b'`, "sp"},
		{`"say \"hi\" \\ \d"`, `say "hi" \ \d`},
		{`if(n=5, "y", "n")`, "y"},
		{`if(z=5, "y", "n")`, "n"},
		{`case(z=1, "a", n=4, "b", true(), "c")`, "c"},
		{`case(n=4, "b")`, "null"},
		{`coalesce(z, null(), s)`, "abc"},
		{`nullif(s, "abc")`, "null"},
		{`isnull(z) AND isnotnull(s)`, "true"},
		{`match(s, "^a.c$")`, "true"},
		{`match(z, "a")`, "null"},
		{`s LIKE "a%"`, "true"},
		{`like(s, "_b_")`, "true"},
		{`s IN ("x", "abc")`, "true"},
		{`in(n, 4, 6)`, "false"},
		{`replace(s, "(a)(b)", "\2\1$1")`, "ba$1c"},
		{`replace(ip, "^::ffff:(\d+\.\d+\.\d+\.\d+)$", "\1")`, "10.1.2.3"},
		{`replace(m, "b", "c")`, "c|a|c"},
		{`cidrmatch("10.0.0.0/8", "10.1.2.3")`, "true"},
		{`cidrmatch("10.0.0.0/8", ip)`, "false"},
		{`cidrmatch("fc00::/7", "fd00::1")`, "true"},
		{`cidrmatch("10.0.0.0/8", "nonsense")`, "false"},
		{`cidrmatch("10.0.0.0/8", z)`, "null"},
		{`upper(s) . lower(S)`, "ABCabc"},
		{`len(s)`, "3"},
		{`substr(s, 2)`, "bc"},
		{`substr(s, -2, 1)`, "b"},
		{`tonumber(q)`, "null"},
		{`tonumber("ff", 16)`, "255"},
		{`tonumber("nan")`, "null"},
		{`round(2.345, 1)`, "2.3"},
		{`floor(2.9) + ceiling(2.1)`, "5"},
		{`max(n, 3, 11)`, "11"},
		{`mvappend(s, z, m)`, "abc|b|a|b"},
		{`mvcount(m)`, "3"},
		{`mvindex(m, 0, 1)`, "b|a"},
		{`mvindex(m, -1, 19)`, "b"},
		{`mvindex(m, -2)`, "a"},
		{`mvindex(m, 5)`, "null"},
		{`mvjoin(m, ",")`, "b,a,b"},
		{`mvdedup(m)`, "b|a"},
		{`split("a,b", ",")`, "a|b"},
		{`strftime(_time, "%Y-%m-%d %H:%M:%S")`, "2025-11-24 16:00:00"},
		{`strftime(z, "%Y")`, "null"},
	}
	for _, tt := range tests {
		e, err := CompileExpr(tt.expr)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		got := "null"
		if v := e.Values(event); v != nil {
			got = strings.Join(v, "|")
		}
		if got != tt.want {
			t.Errorf("%s = %s, want %s", tt.expr, got, tt.want)
		}
	}
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
	}
	tests := []struct {
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
			"timechart of several",
			`* | timechart span=1h count, max(v) as m`,
			[]string{"_time=60 v=1", "_time=61 v=7"},
			[]string{"_time=0 count=2 m=7"},
		},
	}
	for _, tt := range tests {
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

func TestColumnsInOrder(t *testing.T) {
	for search, want := range map[string]string{
		`* | stats count, values(a) as v by h | eval e=1`: "h count v e",
		`* | table b a`:                         "b a",
		`* | table b a | rename a as c`:         "b c",
		`* | stats count by h | fields - count`: "h",
	} {
		res := run(t, search, Env{}, rows(t, "h=x a=1 b=2")...)
		if got := strings.Join(res.Columns, " "); got != want {
			t.Errorf("%s: columns %q, want %q", search, got, want)
		}
	}
}

// The events given are not changed.
func TestRunLeavesEventsAlone(t *testing.T) {
	events := rows(t, "a=1", "a=2")
	run(t, `* | eval a=9, b=1 | where a=1`, Env{}, events...)
	if len(events) != 2 || events[0].First("a") != "1" || events[0]["b"] != nil || events[1].First("a") != "2" {
		t.Errorf("events are now %v", events)
	}
}

// What is not understood is an error, never passed over.
func TestErrors(t *testing.T) {
	for _, search := range []string{
		`* | transaction host`,
		`* | tstats count where index=* by host`,
		`| stats count`,
		`| tstats count by host`,
		`| tstats count where index=* by status`,
		`| tstats sum(bytes) where index=* by host`,
		`* | stats count by`,
		`* | stats stdev(x)`,
		`* | stats count where x`,
		`* | eval a=nonsense(1)`,
		`* | eval a=if(1)`,
		`* | eval a`,
		`* | eval a="x`,
		`* | eval a=match(b, c)`,
		`* | eval a=match(b, "(?=x)")`,
		`* | eval a=strftime(_time, "%A")`,
		`* | streamstats window=5 sum(a)`,
		`* | streamstats values(a)`,
		`* | streamstats time_window=1h last(a)`,
		`* | streamstats time_window=soon count`,
		`* | mvexpand a b`,
		`* | inputlookup hosts`,
		`* | outputlookup nowhere`,
		`* | rex mode=sed "s/a/b/"`,
		`* | rex "no group"`,
		`* | rex field=x`,
		`* | regex a`,
		`* | regex a="("`,
		`* | where a=1 b=2`,
		`* | lookup nowhere a OUTPUT b`,
		`* | head many`,
		`* | timechart span=1y count`,
		"`unknown`",
		"`loop`",
		`TERM(a)`,
		`a=1 OR`,
		`(a=1`,
		`a=1)`,
		`a IN (1`,
		`index=x [search y]`,
		`* |`,
		`"open`,
	} {
		if _, err := Compile(search, Env{Macros: map[string]string{"loop": "`loop`"}}); err == nil {
			t.Errorf("%s: no error", search)
		}
	}
}

// The fast way to find a term agrees with the pattern.
func FuzzTerm(f *testing.F) {
	for _, seed := range [][2]string{{"refused", "connection Refused."}, {"[GIN]", "x[gin]"}, {"a-b", "xa-b a-b"}, {"host", "OLLAMA_HOST=x"}, {"a", "aa\xff a"}, {"\\", `a\b`}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, raw string) {
		if text == "" || strings.ContainsAny(raw, "\u212a\u017f") { // folded with k and s by a pattern only
			return
		}
		find := segmentFinder(text)
		if find == nil {
			return
		}
		re, err := termPattern(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := find(raw), re.MatchString(raw); got != want {
			t.Errorf("%q in %q: found %v, want %v", text, raw, got, want)
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"`m` a=\"*b*\" OR NOT (c!=1) | eval x=coalesce(a, \"N/A\"), y=x.1+-2 | rex field=x max_match=2 \"(?<z>.)\"",
		`* | where cidrmatch("::1/128", a) AND a LIKE "%x" | stats count(eval(a>1)) as n, p95(a), values(b) as b, latest(_time) by h, b`,
		`x | lookup l range AS a OUTPUTNEW note | sort 3 - a | timechart span=5m avg(a) by b | table a b | dedup a | head 1`,
		`a IN (1, "b*") | eval a=substr(b, -1, 2), c=mvindex(split(b, ","), -1), d=strftime(_time, "%F %T") | fields - a | rename b as c`,
	} {
		f.Add(s)
	}
	f.Add(
		`x | mvexpand a | eventstats sum(a) as s by b | streamstats current=f last(a) as p by b | inputlookup append=true l | outputlookup l | streamstats time_window=1m dc(a) count`,
	)
	lookup, err := ReadLookup(strings.NewReader("range,note\n10.0.0.0/8,ten\n"), Matching{CIDR: []string{"range"}})
	if err != nil {
		f.Fatal(err)
	}
	env := Env{Macros: map[string]string{"m": "a=1"}, Lookups: map[string]*Lookup{"l": lookup}}
	f.Fuzz(func(t *testing.T, search string) {
		s, err := Compile(search, env)
		if err != nil {
			return
		}
		for _, r := range s.Run([]Row{{"_raw": {"a b"}, "_time": {"12.5"}, "a": {"1", "10.1.1.1"}, "b": {"x,y"}}, {"a": {""}}}).Rows {
			for name, values := range r {
				if len(values) == 0 {
					t.Errorf("%s has an empty list of values", name)
				}
			}
		}
	})
}

package spl

import (
	"fmt"
	"reflect"
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

// evals are expressions, and what each yields.
var evals = []struct{ expr, want string }{
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
	for _, tt := range evals {
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

// mistakes are searches that are not understood, and a part of the error of each.
var mistakes = []string{
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
	`* | timechart minspan=1y count`,
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
}

// What is not understood is an error, never passed over.
func TestErrors(t *testing.T) {
	for _, search := range mistakes {
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

package spl

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ollama-hec/splunk_app/simulate/pcre"
)

// function is one function of eval: how many arguments it takes, and what it
// makes of them. Text functions work on each value of a multivalue field.
type function struct {
	min, max int
	build    func(args []expr, location *time.Location) (expr, error)
}

const unlimited = math.MaxInt

var functions map[string]function

func init() { // a literal would refer to itself through the parser
	functions = map[string]function{
		"case":      {2, unlimited, caseOf},
		"if":        {3, 3, ifElse},
		"coalesce":  {1, unlimited, coalesce},
		"nullif":    {2, 2, lazy(nullIf)},
		"null":      {0, 0, lazy(func([]value) value { return value{} })},
		"true":      {0, 0, lazy(func([]value) value { return truthOf(true) })},
		"false":     {0, 0, lazy(func([]value) value { return truthOf(false) })},
		"isnull":    {1, 1, lazy(func(a []value) value { return truthOf(a[0].kind == null) })},
		"isnotnull": {1, 1, lazy(func(a []value) value { return truthOf(a[0].kind != null) })},
		"in":        {2, unlimited, func(args []expr, _ *time.Location) (expr, error) { return inList(args), nil }},
		"like":      {2, 2, lazy(func(a []value) value { return likeValue(constant(a[0]), constant(a[1])) })},
		"match":     {2, 2, match},
		"replace":   {3, 3, replace},
		"cidrmatch": {2, 2, lazy(cidrMatch)},
		"lower":     {1, 1, textFunction(strings.ToLower)},
		"upper":     {1, 1, textFunction(strings.ToUpper)},
		"trim":      {1, 1, textFunction(strings.TrimSpace)},
		"len":       {1, 1, textFunction(func(s string) string { return strconv.Itoa(len([]rune(s))) })},
		"substr":    {2, 3, lazy(substr)},
		"tonumber":  {1, 2, lazy(toNumber)},
		"tostring":  {1, 1, lazy(func(a []value) value { return texts(a[0].list()) })},
		"round":     {1, 2, lazy(round)},
		"floor":     {1, 1, numberFunction(math.Floor)},
		"ceiling":   {1, 1, numberFunction(math.Ceil)},
		"abs":       {1, 1, numberFunction(math.Abs)},
		"max":       {1, unlimited, lazy(func(a []value) value { return extreme(a, 1) })},
		"min":       {1, unlimited, lazy(func(a []value) value { return extreme(a, -1) })},
		"mvappend":  {1, unlimited, lazy(mvAppend)},
		"mvcount":   {1, 1, lazy(mvCount)},
		"mvindex":   {2, 3, lazy(mvIndex)},
		"mvjoin":    {2, 2, lazy(mvJoin)},
		"mvdedup":   {1, 1, lazy(func(a []value) value { return texts(unique(a[0].list())) })},
		"split":     {2, 2, lazy(splitText)},
		"strftime":  {2, 2, formatTime},
	}
}

// lazy makes a function of one that takes its arguments evaluated.
func lazy(f func([]value) value) func([]expr, *time.Location) (expr, error) {
	return func(args []expr, _ *time.Location) (expr, error) {
		return func(r Row) value {
			values := make([]value, len(args))
			for i, a := range args {
				values[i] = a(r)
			}
			return f(values)
		}, nil
	}
}

func textFunction(f func(string) string) func([]expr, *time.Location) (expr, error) {
	return lazy(func(a []value) value { return a[0].each(f) })
}

func numberFunction(f func(float64) float64) func([]expr, *time.Location) (expr, error) {
	return lazy(func(a []value) value {
		n, ok := a[0].asNumber()
		if !ok {
			return value{}
		}
		return numberOf(f(n))
	})
}

func constant(v value) value { return v }

func caseOf(args []expr, _ *time.Location) (expr, error) {
	if len(args)%2 != 0 {
		return nil, fmt.Errorf("case() takes pairs, not %d arguments", len(args))
	}
	return func(r Row) value {
		for i := 0; i < len(args); i += 2 {
			if args[i](r).isTrue() {
				return args[i+1](r)
			}
		}
		return value{}
	}, nil
}

func ifElse(args []expr, _ *time.Location) (expr, error) {
	return func(r Row) value {
		if args[0](r).isTrue() {
			return args[1](r)
		}
		return args[2](r)
	}, nil
}

func coalesce(args []expr, _ *time.Location) (expr, error) {
	return func(r Row) value {
		for _, a := range args {
			if v := a(r); v.kind != null {
				return v
			}
		}
		return value{}
	}, nil
}

func nullIf(a []value) value {
	if compare("=", a[0], a[1]).isTrue() {
		return value{}
	}
	return a[0]
}

func inList(args []expr) expr {
	return func(r Row) value { return among(args[0](r), args[1:], r) }
}

// likeValue matches a whole text: % stands for anything, _ for one character.
func likeValue(v, pattern value) value {
	if v.kind == null || pattern.kind == null {
		return value{}
	}
	expr := regexp.QuoteMeta(pattern.list()[0])
	expr = strings.NewReplacer(`%`, `.*`, `_`, `.`).Replace(expr)
	re, err := regexp.Compile(`(?s)^` + expr + `$`)
	return truthOf(err == nil && slices.ContainsFunc(v.list(), re.MatchString))
}

// literalPattern compiles an argument that must not depend on fields.
func literalPattern(e expr) (*regexp.Regexp, error) {
	v := e(nil)
	if v.kind != text {
		return nil, fmt.Errorf("a pattern that is not a literal is not understood")
	}
	re, err := pcre.Compile(v.texts[0])
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	return re, nil
}

func match(args []expr, _ *time.Location) (expr, error) {
	re, err := literalPattern(args[1])
	if err != nil {
		return nil, err
	}
	return func(r Row) value {
		v := args[0](r)
		if v.kind == null {
			return value{}
		}
		return truthOf(slices.ContainsFunc(v.list(), re.MatchString))
	}, nil
}

var backReference = regexp.MustCompile(`\\(\d)`)

func replace(args []expr, _ *time.Location) (expr, error) {
	re, err := literalPattern(args[1])
	if err != nil {
		return nil, err
	}
	return func(r Row) value {
		with := args[2](r)
		if with.kind == null {
			return value{}
		}
		template := strings.ReplaceAll(with.list()[0], "$", "$$")
		template = backReference.ReplaceAllString(template, `$${$1}`)
		return args[0](r).each(func(s string) string { return re.ReplaceAllString(s, template) })
	}, nil
}

func cidrMatch(a []value) value {
	if a[0].kind == null || a[1].kind == null {
		return value{}
	}
	prefix, err := netip.ParsePrefix(a[0].list()[0])
	return truthOf(err == nil && slices.ContainsFunc(a[1].list(), func(s string) bool {
		return contains(prefix, s)
	}))
}

// contains: an IPv4-mapped address is an IPv6 address, as it is for Splunk.
func contains(prefix netip.Prefix, address string) bool {
	addr, err := netip.ParseAddr(address)
	return err == nil && prefix.Contains(addr)
}

func substr(a []value) value {
	from, ok := a[1].asNumber()
	if a[0].kind == null || !ok {
		return value{}
	}
	length := math.Inf(1)
	if len(a) == 3 {
		if length, ok = a[2].asNumber(); !ok {
			return value{}
		}
	}
	return a[0].each(func(s string) string {
		runes := []rune(s)
		start := int(from) - 1
		if from < 0 {
			start = len(runes) + int(from)
		}
		start = min(max(start, 0), len(runes))
		end := len(runes)
		if length < float64(end-start) {
			end = start + max(int(length), 0)
		}
		return string(runes[start:end])
	})
}

func toNumber(a []value) value {
	if len(a) == 2 {
		base, ok := a[1].asNumber()
		if list := a[0].list(); ok && len(list) == 1 {
			if n, err := strconv.ParseInt(list[0], int(base), 64); err == nil {
				return numberOf(float64(n))
			}
		}
		return value{}
	}
	if n, ok := a[0].asNumber(); ok {
		return numberOf(n)
	}
	return value{}
}

func round(a []value) value {
	n, ok := a[0].asNumber()
	if !ok {
		return value{}
	}
	places := 0.0
	if len(a) == 2 {
		if places, ok = a[1].asNumber(); !ok {
			return value{}
		}
	}
	unit := math.Pow(10, places)
	return numberOf(math.Round(n*unit) / unit)
}

func extreme(a []value, sign int) value {
	var best value
	for _, v := range a {
		for _, s := range v.list() {
			if best.kind == null || order(s, best.texts[0])*sign > 0 {
				best = textOf(s)
			}
		}
	}
	return best
}

func mvAppend(a []value) value {
	var all []string
	for _, v := range a {
		all = append(all, v.list()...)
	}
	return texts(all)
}

func mvCount(a []value) value {
	if a[0].kind == null {
		return value{}
	}
	return numberOf(float64(len(a[0].list())))
}

// mvIndex is one value, or those from one index to another; negative ones count from the end.
func mvIndex(a []value) value {
	list := a[0].list()
	var at [2]int
	for i := range at {
		n, ok := a[min(i+1, len(a)-1)].asNumber()
		if !ok {
			return value{}
		}
		if at[i] = int(n); at[i] < 0 {
			at[i] += len(list)
		}
	}
	from, to := at[0], at[1]
	if len(a) == 3 {
		to = min(to, len(list)-1)
	}
	if from < 0 || to >= len(list) || from > to {
		return value{}
	}
	return texts(list[from : to+1])
}

func mvJoin(a []value) value {
	if a[0].kind == null || a[1].kind == null {
		return value{}
	}
	return textOf(strings.Join(a[0].list(), a[1].list()[0]))
}

func splitText(a []value) value {
	if a[0].kind == null || a[1].kind == null {
		return value{}
	}
	return texts(strings.Split(a[0].list()[0], a[1].list()[0]))
}

// timeLayouts are the conversions of strftime that are understood.
var timeLayouts = strings.NewReplacer("%Y", "2006", "%m", "01", "%d", "02", "%H", "15", "%M", "04", "%S", "05",
	"%F", "2006-01-02", "%T", "15:04:05", "%z", "-0700", "%3N", "000")

func formatTime(args []expr, location *time.Location) (expr, error) {
	format := args[1](nil)
	if format.kind != text {
		return nil, fmt.Errorf("strftime() of a format that is not a literal is not understood")
	}
	layout := timeLayouts.Replace(format.texts[0])
	if strings.Contains(layout, "%") {
		return nil, fmt.Errorf("strftime() format %q is not understood", format.texts[0])
	}
	return func(r Row) value {
		seconds, ok := args[0](r).asNumber()
		if !ok {
			return value{}
		}
		whole, part := math.Modf(seconds)
		return textOf(time.Unix(int64(whole), int64(part*1e9)).In(location).Format(layout))
	}, nil
}

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

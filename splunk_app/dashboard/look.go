package dashboard

// object is a JSON object being built.
type object = map[string]any

// Look is the options of a visualization, and what they refer to.
type Look struct{ Options, Context object }

// Unit returns what the panel's number is in, or "".
func (p Panel) Unit() string {
	unit, _ := p.Look.Options["unit"].(string)
	return unit
}

// Overlay returns the field of the panel that has an axis of its own, on the right, or "".
func (p Panel) Overlay() string {
	if fields, ok := p.Look.Options["overlayFields"].([]string); ok {
		return fields[0]
	}
	return ""
}

// The colours can be read on white and on black.
const (
	blue  = "#5a9bd5"
	green = "#1a8929"
	amber = "#d97008"
	red   = "#d93f3c"
)

// statusColours tell the client's faults, in greys and yellow, from the server's, in reds.
var statusColours = object{
	"400": "#a9b3c0", "401": "#8592a3", "403": "#66758a", "404": "#c9d0d9", "405": "#8f9baa", "413": "#77859a",
	"429": "#e6b95c", "499": "#f2d06b",
	"500": "#d93f3c", "501": "#b3342f", "502": "#e8795a", "503": "#a3201d", "504": "#7d1613",
}

// stacked are amounts by time that add up.
func stacked() Look { return Look{Options: charted(object{"stackMode": "stacked"})} }

// lines are numbers in a unit, with gaps where nothing is known.
func lines(unit string) Look {
	return Look{Options: charted(object{"nullValueDisplay": "gaps"})}.
		with(object{"yAxisTitleText": unit, "yAxisTitleVisibility": "show"})
}

// middleAndMost are the lines of a median and of a 95th percentile.
func middleAndMost(unit string) Look {
	return lines(unit).with(object{"seriesColorsByField": object{"p50": blue, "p95": amber}})
}

func charted(options object) object {
	options["legendDisplay"] = "right"
	options["xAxisTitleVisibility"] = "hide"
	options["yAxisTitleVisibility"] = "hide"
	return options
}

// with adds options.
func (l Look) with(options object) Look {
	for name, value := range options {
		l.Options[name] = value
	}
	return l
}

// twoScales draws one field as a line with an axis of its own, on the right.
func twoScales(left, right, field string) Look {
	return Look{Options: object{
		"overlayFields": []string{field}, "showOverlayY2Axis": true,
		"yAxisTitleText": left, "y2AxisTitleText": right, "yAxisTitleVisibility": "show", "y2AxisTitleVisibility": "show",
		"legendDisplay": "right", "xAxisTitleVisibility": "hide",
	}}
}

// judged colours a number green, from warn on amber, from bad on red.
func judged(warn, bad float64) Look {
	return Look{
		Options: object{"majorColor": "> majorValue | rangeValue(ranges)"},
		Context: object{"ranges": ranges(warn, bad)},
	}
}

// ranges are colours by value.
func ranges(warn, bad float64) []object {
	list := []object{{"to": warn, "value": green}}
	if warn < bad {
		list = append(list, object{"from": warn, "to": bad, "value": amber})
	}
	return append(list, object{"from": bad, "value": red})
}

// tabled is the look of a table with these columns.
func tabled(columns []Field) Look {
	formats, context := object{}, object{}
	for _, c := range columns {
		format := object{"width": c.Width}
		if c.Bad > 0 {
			name := c.Name + "_ranges"
			format["rowColors"] = `> table | seriesByName("` + c.Name + `") | rangeValue(` + name + `)`
			list := []object{{"from": c.Bad, "value": red}}
			if c.Warn > 0 {
				list = append(list, object{"from": c.Warn, "to": c.Bad, "value": amber})
			}
			context[name] = list
		}
		formats[c.Name] = format
	}
	look := Look{Options: object{"columnFormat": formats, "fontSize": "small"}}
	if len(context) > 0 {
		look.Context = context
	}
	return look
}

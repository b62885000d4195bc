package sourcetypes

import "ollama-hec/input"

// outlet is what writes one line after the other: one output of one program on one
// host. Lines of different outlets are never joined.
type outlet struct {
	host    string
	program *input.Program
	output  input.Output
}

// maxOutlets bounds what a stream of many programs costs. Beyond it what is held is
// let go of, and the Normalizer begins anew.
const maxOutlets = 256

// outlets has, by the numbers of the outlets met so far, what is known of each.
type outlets struct {
	known []outlet
	open  []*block // of the queue: what lines of this outlet may join
	cut   []int    // in how many more lines the rest of a broken crash may come
	zones []zone   // of the last line with one
	last  int      // the outlet of the last record

	stampedBy int // the outlet of the last line with a stamp
}

// zone is what of a Carry belongs to a program rather than to its stream.
type zone struct {
	offset       int32
	known, trace bool // known: it has shown its own
	otherTime    int64
	otherOffset  int32
	otherSeen    uint8
}

// of is the number of the outlet that a record came from.
func (n *Normalizer) of(r *input.Record) int {
	at := outlet{r.Host, r.Program, r.Output}
	if at.output >= input.Outputs {
		at.output = input.Mixed
	}
	o := &n.outlets
	if o.last < len(o.known) && o.known[o.last] == at {
		return o.last
	}
	for i := range o.known {
		if o.known[i] == at {
			n.turn(i)
			return i
		}
	}
	if len(o.known) == maxOutlets {
		n.Flush()
		*o = outlets{}
	}
	o.known, o.open, o.cut = append(o.known, at), append(o.open, nil), append(o.cut, 0)
	last := len(o.known) - 1
	is := zone{known: last == 0 && n.carry.Zoned}
	for k := range last {
		if o.alike(k, last) {
			is = o.zones[k]
		}
	}
	o.zones = append(o.zones, is)
	n.turn(len(o.known) - 1)
	return o.last
}

// alike reports whether two outlets are of the same program on the same host.
func (o *outlets) alike(i, k int) bool {
	return o.known[i].host == o.known[k].host && o.known[i].program == o.known[k].program
}

// turn makes i the outlet of the last record. Another program may be in another zone,
// and log at another level: of one just met the zone is taken to be the same until it
// shows its own.
func (n *Normalizer) turn(i int) {
	o, c := &n.outlets, &n.carry
	if !o.alike(o.last, i) {
		left := zone{c.Offset, o.zones[o.last].known, c.Trace, c.OtherTime, c.OtherOffset, c.OtherSeen}
		for k := range o.known { // of all outputs alike
			if o.alike(k, o.last) {
				o.zones[k] = left
			}
		}
		is := o.zones[i]
		if is.known {
			c.Offset, c.Zoned = is.offset, true
		}
		c.Trace, c.OtherTime, c.OtherOffset, c.OtherSeen = is.trace, is.otherTime, is.otherOffset, is.otherSeen
	}
	o.last = i
}

// shows notes that an outlet's program shows its own zone. The first time nothing is
// known of it that could be doubted.
func (n *Normalizer) shows(out int) {
	o := &n.outlets
	if o.zones[out].known {
		return
	}
	n.carry.Zoned = false
	for k := range o.known {
		if o.alike(k, out) {
			o.zones[k].known = true
		}
	}
}

package spl

// Stream is a search that gets its events one at a time, so that not all of them have to
// be kept: the commands that look at one row at a time run at once, and stats, timechart,
// sort, dedup and head keep no more than their result needs. Other commands need all the
// rows before them: see Held. It is used by one goroutine at a time.
type Stream struct {
	each []rowwise // up to the first command that needs more than one row
	fold fold      // that command, if it keeps less than the rows; else nil
	rest []command // what runs on the result of all of it
	held []Row     // without a fold
	tap  func(Row)
	end  *Result // once it was asked for
}

// Tap has f called with every row that comes to the first command that needs more than one:
// an event that counts, with the fields that it has by then. f leaves it as it is.
func (st *Stream) Tap(f func(Row)) { st.tap = f }

// rowwise is a command of which what it does to a row depends on no other.
type rowwise interface {
	command
	rowwise()
}

func (filter) rowwise()     {}
func (where) rowwise()      {}
func (eval) rowwise()       {}
func (rex) rowwise()        {}
func (regex) rowwise()      {}
func (projection) rowwise() {}
func (rename) rowwise()     {}
func (lookup) rowwise()     {}
func (bin) rowwise()        {}
func (addinfo) rowwise()    {}

// folding is a command that takes its rows one at a time and keeps less than them.
type folding interface{ fold() fold }

// fold is such a command under way.
type fold interface {
	add(Row)
	result() Result
}

func foldAll(c folding, in Result) Result {
	f := c.fold()
	for _, r := range in.Rows {
		f.add(r)
	}
	return f.result()
}

// Stream starts the search.
func (s *Search) Stream() *Stream {
	st := &Stream{rest: s.commands}
	for len(st.rest) > 0 {
		c, ok := st.rest[0].(rowwise)
		if !ok {
			break
		}
		st.each, st.rest = append(st.each, c), st.rest[1:]
	}
	if len(st.rest) > 0 {
		if c, ok := st.rest[0].(folding); ok {
			st.fold, st.rest = c.fold(), st.rest[1:]
		}
	}
	return st
}

// Add gives the search an event, and leaves that as it was.
func (st *Stream) Add(event Row) {
	if len(st.each) > 0 {
		if first, ok := st.each[0].(filter); ok && !first.keep(event) {
			return // most events end here, and need no copy
		}
	}
	res := Result{Rows: []Row{event.clone()}}
	for _, c := range st.each {
		if res = c.run(res); len(res.Rows) == 0 {
			return
		}
	}
	if st.tap != nil {
		st.tap(res.Rows[0])
	}
	if st.fold != nil {
		st.fold.add(res.Rows[0])
		return
	}
	st.held = append(st.held, res.Rows[0])
}

// Held returns the number of rows that are kept because a command needs all of them.
func (st *Stream) Held() int { return len(st.held) }

// Result returns what the search finds in the events so far, each time the same. Add
// nothing after it.
func (st *Stream) Result() Result {
	if st.end == nil {
		st.end = new(st.result())
	}
	return *st.end
}

// result runs the commands on the rows that are kept, and changes those.
func (st *Stream) result() (res Result) {
	for _, c := range st.each { // for the columns that they name
		res = c.run(res)
	}
	if st.fold == nil {
		res.Rows = st.held
	} else if f := st.fold.result(); f.Columns != nil {
		res = f
	} else { // it leaves them as they were
		res.Rows = f.Rows
	}
	for _, c := range st.rest {
		res = c.run(res)
	}
	return res
}

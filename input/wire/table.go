package wire

import "time"

// tuple names a connection by its ends.
type tuple struct{ client, server endpoint }

// Bounds of what is kept. What is beyond them is forgotten, the longest silent first.
const (
	mostOpening = 2048
	mostTalking = 8192
	mostEnded   = 4096
	mostNames   = 8 // of one connection

	mostHeldBytes    = 6 << 20
	mostHeldOfStream = 4 << 20
)

// table knows the connections by their names.
type table struct {
	open Opener
	zone func(via int) string // name of an interface
	share
	early room  // for what is said before anything tells that a connection is there
	now   int64 // monotonic
	count uint64

	ticked int64 // when it was last looked for silence

	byName   map[tuple]*flow
	byNumber map[uint64]*flow   // by where both sides began
	joined   map[endpoint]*flow // the last one joined, by its client
	probing  map[endpoint]bool  // servers that ask after clients that are silent
	recent   *flow              // the last one found, by this name
	name     tuple
	rows     [stages]row

	fresh []fresh // of the packets since release
}

func newTable(open Opener, zone func(via int) string) *table {
	t := &table{
		open: open, zone: zone,
		share:  share{room: room{total: mostHeldBytes, stream: mostHeldOfStream}},
		early:  room{total: mostEarlyBytes, stream: mostEarlyOfStream},
		byName: map[tuple]*flow{}, byNumber: map[uint64]*flow{}, joined: map[endpoint]*flow{},
		probing: map[endpoint]bool{},
		rows: [stages]row{
			opening:  {most: mostOpening},
			talking:  {most: mostTalking},
			doubtful: {most: mostOpening},
			leaving:  {most: mostOpening},
			ended:    {most: mostEnded},
			foreign:  {most: mostOpening},
		},
	}
	for i := range t.rows {
		t.rows[i].init()
	}
	return t
}

// find returns the flow of that name, nil: none is known.
func (t *table) find(name *tuple) *flow {
	if t.recent != nil && t.name == *name {
		return t.recent
	}
	f := t.byName[*name]
	if f != nil {
		t.recent, t.name = f, *name
	}
	return f
}

// add knows a new flow by that name.
func (t *table) add(name *tuple, s stage, at int64, via int) *flow {
	t.count++
	f := &flow{table: t, stage: s, serial: t.count, since: at, at: at, via: via}
	f.sides[FromClient] = stream{side: FromClient, share: &t.share}
	f.sides[FromServer] = stream{side: FromServer, share: &t.share}
	f.links.flow = f
	t.call(f, name)
	t.rows[s].add(&f.links, t.now)
	t.trim(s)
	return f
}

// call knows f by one more name.
func (t *table) call(f *flow, name *tuple) {
	if len(f.names) < mostNames {
		f.names = append(f.names, *name)
		t.byName[*name] = f
	}
	t.recent = nil
}

// identify knows f by where its sides began. If that is a flow known by another
// name already, the two become one, and it is returned: addresses are rewritten
// on the way, sequence numbers are not, and nobody chooses both.
func (t *table) identify(f *flow) *flow {
	if !f.began[FromClient].known || !f.began[FromServer].known {
		return f
	}
	key := f.key()
	g := t.byNumber[key]
	if g == nil {
		t.byNumber[key] = f
		return f
	}
	if g == f || f.stage != opening {
		return f
	}
	if g.stage == opening && f.serial < g.serial {
		t.byNumber[key] = f
		f, g = g, f
	}
	names := f.names
	t.forget(f)
	for i := range names {
		t.call(g, &names[i])
	}
	return g
}

func (f *flow) key() uint64 {
	return uint64(f.began[FromClient].seq)<<32 | uint64(f.began[FromServer].seq)
}

// start opens the conversation of f, and tells it what was said so far.
func (t *table) start(f *flow) {
	t.stats.Connections++
	if f.joined {
		t.stats.Joined++
	}
	zone := func() string { return t.zone(f.via) }
	f.talk = t.open(Connection{
		Client: f.names[0].client.addrPort(zone), Server: f.names[0].server.addrPort(zone),
		At: time.Unix(0, f.since), Joined: f.joined,
	})
	if f.talk == nil {
		f.talk = nobody{}
	}
	f.sides[FromClient].to, f.sides[FromServer].to = f.talk, f.talk
	t.move(f, talking)
	f.replay()
}

// move puts f into another stage.
func (t *table) move(f *flow, s stage) {
	if f.stage == s {
		return
	}
	t.rows[f.stage].remove(&f.links)
	f.stage = s
	t.rows[s].add(&f.links, t.now)
	t.trim(s)
}

// trim ends what is beyond the bound of a stage, the longest silent first.
func (t *table) trim(s stage) {
	for f := t.rows[s].excess(); f != nil; f = t.rows[s].excess() {
		switch s {
		case doubtful:
			t.conclude(f, reset)
		case leaving:
			t.conclude(f, complete)
		default:
			t.conclude(f, forgot)
		}
	}
}

// end ends all conversations and forgets everything.
func (t *table) end() {
	for s := range t.rows {
		for t.rows[s].count > 0 {
			f := t.rows[s].ends.next.flow
			if f.talk != nil {
				f.done(EndForgotten, FromClient, f.at)
			}
			t.forget(f)
		}
	}
}

// forget knows nothing of f any more. Its conversation is done, or never was.
func (t *table) forget(f *flow) {
	for _, name := range f.names {
		if t.byName[name] == f {
			delete(t.byName, name)
		}
	}
	if key := f.key(); t.byNumber[key] == f {
		delete(t.byNumber, key)
	}
	if len(f.names) > 0 && t.joined[f.names[0].client] == f {
		delete(t.joined, f.names[0].client)
	}
	for i := range f.sides {
		s := &f.sides[i]
		s.waiting.drop(len(s.waiting.list), &t.room)
	}
	f.early.take(&t.early)
	t.rows[f.stage].remove(&f.links)
	t.recent = nil
}

// nobody takes a conversation that nobody wants to know.
type nobody struct{}

func (nobody) Data(Side, time.Time, []byte) {}
func (nobody) Lost(Side, time.Time, int64)  {}
func (nobody) Contradicted(Side, time.Time) {}
func (nobody) Closed(Side, time.Time)       {}
func (nobody) Done(End, Side, time.Time)    {}

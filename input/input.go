// Package input defines what a source of log lines promises: streams of records, each with the
// position to resume after it, read only when asked for.
//
// A source finds streams and announces the ones that have something to read;
// the reader pulls. Nothing is read ahead of the reader, so the log itself is
// the buffer and back-pressure is simply not reading. This package does no I/O
// and depends on nothing.
package input

import "context"

// Position marks a place between two records of one stream. Positions grow along a stream; only
// the source that made one knows what it stands for.
type Position int64

// Record is one line as a source read it.
type Record struct {
	// Text is the line without its terminator and without what a container's
	// runtime, the journal or another program puts around it. It is valid until the next Read of
	// the chunk it came in.
	Text []byte
	// Next is the position at which reading resumes once this record is done with.
	Next Position
	// Time is when the transport (journal, container runtime) stamped the
	// line, in nanoseconds since 1970; 0 where it does not.
	Time int64
	// Written is when the file that the line is in was last written to, in nanoseconds since
	// 1970; 0 where it is in none. A line without any other time is not later than this.
	Written int64
	// Host is the machine that the line comes from, where the journal or a
	// syslog prefix names one; empty where none does. Lines of different hosts
	// are not joined. Unlike Text it stays valid: a source makes one string for
	// each host, not for each line.
	Host string
	// Caller is the program that wrote the line about the log's program, such as systemd about
	// its unit; empty if the log's own program wrote it.
	Caller string
	// Program identifies the program that wrote the line, if an envelope names one of several;
	// nil if none does. Lines of different programs are not joined. A source makes one value for
	// each program.
	Program *Program
	// Output is where the program wrote the line to. Lines of different outputs are not joined.
	Output Output
	// Omitted: the line is not Ollama's; only Next is used.
	Omitted bool
}

// Program is one of several programs that write to one stream, such as a container.
type Program struct {
	Fields []Field // of its events, besides those of the stream
}

// Output is the file descriptor a line was written to, where that is known.
type Output uint8

const (
	Mixed Output = iota // one file for both, or not known
	Stdout
	Stderr
	Outputs // how many there are
)

// Chunk is a run of consecutive records of one stream. The reader owns it and
// hands it to Read again and again; Read may grow Buf.
type Chunk struct {
	Records []Record
	Buf     []byte // where a source may keep what Records point into
}

// Progress says whether a stream has more to read.
type Progress uint8

const (
	// Idle: nothing more now; the source will announce the stream again.
	Idle Progress = iota
	// More: there may be more, read again when it suits.
	More
	// Ended: no record will ever follow. The stream stays open for Commit.
	Ended
)

// Field is a fact about a stream besides its lines, such as its pod.
type Field struct{ Name, Value string }

// Carry is the state of normalizing that goes from line to line and must survive a restart. It
// is stored with the position it belongs to.
type Carry struct {
	// Time is the last stamp seen, in nanoseconds since 1970; 0: none yet.
	Time int64 `json:"time,omitempty"`
	// Digits is how many digits of a second that stamp had.
	Digits uint8 `json:"digits,omitempty"`
	// Offset is the zone offset of the stream, in seconds east of UTC; it counts
	// only with Zoned.
	Offset int32 `json:"offset,omitempty"`
	Zoned  bool  `json:"zoned,omitempty"`
	// OtherTime and OtherOffset are of the last stamp that did not fit those before it, and
	// OtherSeen is how many have agreed on it.
	OtherTime   int64 `json:"other_time,omitempty"`
	OtherOffset int32 `json:"other_offset,omitempty"`
	OtherSeen   uint8 `json:"other_seen,omitempty"`
	// Trace: a line of level TRACE was seen since the server started.
	Trace bool `json:"trace,omitempty"`
	// Port is the port on which Ollama listens according to the log; 0: unknown.
	Port int `json:"port,omitempty"`
}

// Stream is one ordered sequence of records: one generation of a file, one
// journal, standard input. Start and Read are called by one goroutine at a
// time, Commit by any.
type Stream interface {
	// Source is the HEC source of the stream's events. Streams of the same
	// Source are read by the same reader, in the order announced.
	Source() string
	// Fields are the HEC fields of the stream's events; nil for none.
	Fields() []Field
	// Start returns where reading begins and what was carried there.
	Start() (Position, Carry)
	// Read replaces c.Records by the next records, at most about len(c.Buf)
	// bytes of them, and does not wait for any. It handles its own errors:
	// a stream that cannot be read now is Idle and announced again later.
	Read(c *Chunk) Progress
	// Commit tells the stream that every record before p is delivered, and that a later start
	// may begin there with carry. Positions only grow. It does not wait for storage.
	Commit(p Position, carry Carry)
}

// Pipe is a Stream that cannot be read again: after a stop it is read on until it
// is Idle or has Ended.
type Pipe interface {
	Stream
	Pipe()
}

// Source finds streams.
type Source interface {
	// Run announces a stream each time it may have something to read: when it
	// is found, when it grew, when it ended. ready does not block, and calls
	// for a stream that is already waiting to be read are merged. Run returns
	// nil when ctx ends, or when no stream will ever be announced again; an
	// error only if the source cannot work at all. Streams outlive Run: they
	// can be read and committed until Close.
	Run(ctx context.Context, ready func(Stream)) error
	// Close hands the last commits to their store, which has saved them once it is closed, and releases
	// everything.
	Close() error
}

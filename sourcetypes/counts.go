package sourcetypes

import "ollama-hec/sourcetypes/redact"

// Class is the kind of line that an event of ollama:server was made from.
type Class uint8

const (
	ClassOther   Class = iota // no form this package knows
	ClassAccess               // [GIN], a request
	ClassServer               // slog, or the Go log before it
	ClassRunner               // the model runner
	ClassStartup              // what the server says when it starts
	ClassCrash                // panic, fatal signal, CUDA error, Recovery
	classes
)

func (c Class) String() string {
	return [...]string{"other", "access", "server", "runner", "startup", "crash"}[c]
}

// set is the class as SKIP names it; 0 for one that cannot be skipped.
func (c Class) set() Classes {
	return [classes]Classes{ClassAccess: Access, ClassRunner: Runner, ClassStartup: Startup}[c]
}

// Kind is what a redaction replaced.
type Kind = redact.Kind

const (
	KindToken      = redact.Token
	KindKey        = redact.Key
	KindSecret     = redact.Secret
	KindPassword   = redact.Password
	KindPrivateKey = redact.PrivateKey
	KindEmail      = redact.Email
	KindPrompt     = redact.Prompt
	KindCustom     = redact.Custom
	kinds          = redact.Kinds
)

// Counts is what a Normalizer did: numbers, never text.
type Counts struct {
	Lines    int64              // records taken
	Omitted  int64              // records besides: lines of other programs
	Blank    int64              // of them, blank and in no event
	Joined   int64              // of them, added to an event begun before
	Skipped  int64              // events that SKIP dropped
	Invalid  int64              // records with bytes that are not UTF-8
	Events   [Sourcetypes]int64 // emitted, by sourcetype
	Classes  [classes]int64     // events of ollama:server, skipped ones too, by Class
	Redacted [kinds]int64       // replacements, by Kind
}

// ByClass calls yield for each class and how often it came.
func (c *Counts) ByClass(yield func(Class, int64) bool) {
	for class, n := range c.Classes {
		if !yield(Class(class), n) {
			return
		}
	}
}

// ByKind calls yield for each kind of redaction and how often it came.
func (c *Counts) ByKind(yield func(Kind, int64) bool) {
	for kind, n := range c.Redacted {
		if !yield(Kind(kind), n) {
			return
		}
	}
}

// Add adds what o counted.
func (c *Counts) Add(o *Counts) {
	c.Lines += o.Lines
	c.Omitted += o.Omitted
	c.Blank += o.Blank
	c.Joined += o.Joined
	c.Skipped += o.Skipped
	c.Invalid += o.Invalid
	for i := range c.Events {
		c.Events[i] += o.Events[i]
	}
	for i := range c.Classes {
		c.Classes[i] += o.Classes[i]
	}
	for i := range c.Redacted {
		c.Redacted[i] += o.Redacted[i]
	}
}

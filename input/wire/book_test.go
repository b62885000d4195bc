package wire

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// book keeps what conversations were told.
type book struct {
	mu    sync.Mutex
	pages []*page
	ended chan struct{} // gets one for each conversation that is done
}

func newBook() *book { return &book{ended: make(chan struct{}, 1<<16)} }

// page is one conversation.
type page struct {
	book *book
	Connection
	said         [2][]byte
	marked       [2][]byte // the same, with a ? for each byte that was lost
	lost         [2]int64
	order        []string // C, S: bytes; c, s: lost; repeats left out
	contradicted int
	closed       [2]bool
	end          string
	late         bool // something came after its end, or that of a side
}

func (b *book) open(c Connection) Conversation {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := &page{book: b, Connection: c}
	b.pages = append(b.pages, p)
	return p
}

func (p *page) Data(from Side, _ time.Time, b []byte) {
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	p.late = p.late || p.closed[from]
	p.said[from] = append(p.said[from], b...)
	p.marked[from] = append(p.marked[from], b...)
	p.note("CS"[from:][:1])
}

func (p *page) Lost(from Side, _ time.Time, n int64) {
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	p.late = p.late || p.closed[from]
	p.lost[from] += n
	p.marked[from] = append(p.marked[from], bytes.Repeat([]byte{'?'}, int(min(n, 1<<20)))...)
	p.note("cs"[from:][:1])
}

func (p *page) Contradicted(Side, time.Time) {
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	p.contradicted++
}

func (p *page) Closed(from Side, _ time.Time) {
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	p.late = p.late || p.closed[from] || p.end != ""
	p.closed[from] = true
}

func (p *page) Done(how End, by Side, _ time.Time) {
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	p.late = p.late || p.end != ""
	p.late = p.late || how == EndFIN && p.closed != [2]bool{true, true}
	p.end = [...]string{"FIN", "reset", "forgotten"}[how]
	if how != EndForgotten {
		p.end += [...]string{" by client", " by server"}[by]
	}
	p.book.ended <- struct{}{}
}

func (p *page) note(what string) {
	p.late = p.late || p.end != ""
	if n := len(p.order); n == 0 || p.order[n-1] != what {
		p.order = append(p.order, what)
	}
}

// String tells the conversation in one line.
func (p *page) String() string {
	s := fmt.Sprintf("%s > %s %q %q", p.Client, p.Server, p.said[FromClient], p.said[FromServer])
	if p.lost != [2]int64{} {
		s += fmt.Sprintf(" lost %d %d", p.lost[FromClient], p.lost[FromServer])
	}
	if p.Joined {
		s += " joined"
	}
	if p.late {
		s += " LATE"
	}
	return s + " " + p.end
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for _, p := range b.pages {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// wait waits until n conversations are done.
func (b *book) wait(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-b.ended:
		case <-time.After(10 * time.Minute):
			t.Fatalf("waited for %d conversations to be done, in vain:\n%s", n, b)
		}
	}
}

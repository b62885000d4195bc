package exchange

import (
	"fmt"
	"strings"
	"testing"

	"ollama-hec/input/wire"
)

// numbered is a connection with numbered requests.
type numbered struct {
	*sent
	heads int
}

// ask asks for a numbered path, by GET or, if its number can be divided by heads, by HEAD.
func (s *numbered) ask(n int) {
	method := "GET"
	if n%s.heads == 0 {
		method = "HEAD"
	}
	s.client(request(method, fmt.Sprintf("/n/%d", n), ""))
}

// answer answers it, with its number as the length of the body.
func (s *numbered) answer(n int) {
	body := strings.Repeat("x", n)
	if n%s.heads == 0 {
		body = ""
	}
	s.server(fmt.Sprintf("HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%s", 400+n%90, n, body))
}

// check checks that the event of a request tells of its own answer, or that it is partial. It
// returns how many are not.
func (s *numbered) check(t *testing.T, requests int) (whole int) {
	t.Helper()
	for n := range requests {
		path := fmt.Sprintf(`"uri_path":"/n/%d"`, n)
		told := 0
		for _, r := range s.records {
			if !strings.Contains(r, path) {
				continue
			}
			told++
			bytes := n
			if n%s.heads == 0 {
				bytes = 0
			}
			if strings.Contains(r, `"partial":true`) {
				if strings.Contains(r, "status") && !strings.Contains(r, fmt.Sprintf(`"status":%d`, 400+n%90)) {
					t.Errorf("with another's answer: %s", r)
				}
				continue
			}
			whole++
			if !strings.Contains(r, fmt.Sprintf(`"status":%d`, 400+n%90)) || !strings.Contains(r, fmt.Sprintf(`"bytes_out":%d`, bytes)) {
				t.Errorf("with another's answer: %s", r)
			}
		}
		if told != 1 {
			t.Errorf("request %d is told %d times", n, told)
		}
	}
	return whole
}

// Of a client that asks more than is kept all requests are told, and it is followed on.
func TestManyAtOnce(t *testing.T) {
	const many = 5 * maxQueue
	for _, begun := range []bool{false, true} {
		s := &numbered{talkTo(defaults()), 30}
		s.ask(0)
		if begun {
			s.server("HTTP/1.1 ")
		}
		for n := 1; n < many; n++ {
			s.ask(n)
		}
		if begun {
			s.server("200 OK\r\nContent-Length: 0\r\n\r\n")
		} else {
			s.answer(0)
		}
		for n := 1; n < many; n++ {
			s.answer(n)
		}
		s.ask(many)
		s.answer(many)
		if whole := s.check(t, many+1); whole < maxQueue {
			t.Errorf("%d are whole", whole)
		}
		last := s.records[len(s.records)-1]
		if !strings.Contains(last, `"status":`) || strings.Contains(last, "partial") {
			t.Errorf("the last: %s", last)
		}
		if st := s.all.Stats(); st.Unfollowed < many-maxQueue-1 || st.Unasked > 0 || st.Requests != many+1 {
			t.Errorf("%+v", st)
		}
	}
}

// What a client asks after more than can be followed at all is told, too.
func TestFarTooManyAtOnce(t *testing.T) {
	const many = 30 * maxQueue // with more changes between methods than are kept
	s := &numbered{talkTo(defaults()), 3}
	for n := range many {
		s.ask(n)
	}
	for n := range many {
		s.answer(n)
		if n%50 == 0 {
			s.ask(many + n/50)
		}
	}
	s.Done(wire.EndFIN, wire.FromClient, start)
	s.check(t, many+many/50)
	if st := s.all.Stats(); st.Requests < many+many/50 {
		t.Errorf("%+v", st)
	}
}

// A client that does not wait for its answers gets none of another's after a hole in them.
func TestPipelinesBehindHoles(t *testing.T) {
	for _, lag := range []int{1, 2, 5, 20, 70} {
		for _, missed := range []int{1, 2, 4, 15, 66} {
			if missed > lag {
				continue
			}
			s := &numbered{talkTo(defaults()), 3}
			for n := range lag {
				s.ask(n)
			}
			seen := false
			for n := range 200 {
				s.ask(lag + n)
				switch {
				case n < 20 || n >= 20+missed:
					s.answer(n)
				case !seen:
					seen = true
					s.Lost(wire.FromServer, start, 700)
				}
			}
			s.Done(wire.EndFIN, wire.FromClient, start)
			if whole := s.check(t, 200+lag); whole < 15 && lag < maxQueue {
				t.Errorf("lag %d, %d missed: %d are whole", lag, missed, whole)
			}
		}
	}
}

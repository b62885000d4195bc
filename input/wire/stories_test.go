package wire

import (
	"testing"
)

// stories are connections, and what is told of each in the end.
var stories = []story{
	{"a request and its answer", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.says(S, "ans")
		p.says(S, "wer")
		p.close(S)
	}, one + `"ask" "answer" FIN by server`},
	{"connect and close", func(p *peers) { p.connect(); p.close(C) }, one + `"" "" FIN by client`},
	{"a scan", func(p *peers) {
		p.packet(C, p.c, 0, flagSYN, "")
		p.c++
		p.flagged(S, flagSYN|flagACK, "")
		p.packet(C, p.c, 0, flagRST, "")
	}, ``},
	{"a closed port", func(p *peers) {
		p.packet(C, p.c, 0, flagSYN, "")
		p.packet(S, 0, p.c+1, flagRST|flagACK, "")
	}, ``},
	{"nobody answers", func(p *peers) { p.packet(C, p.c, 0, flagSYN, ""); p.seconds(100) }, ``},
	{"one side closes, the other goes on", func(p *peers) {
		p.connect()
		p.flagged(C, flagACK|flagFIN, "ask")
		p.says(S, "answer")
		p.flagged(S, flagACK|flagFIN, "!")
		p.says(C, "")
	}, one + `"ask" "answer!" FIN by client`},
	{"a reset", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.flagged(C, flagRST, "")
	}, one + `"ask" "" reset by client`},
	{"a reset of one that had closed, and gets more", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.flagged(S, flagACK|flagFIN, "no")
		p.says(C, "on")
		p.flagged(S, flagACK|flagRST, "")
	}, one + `"askon" "no" reset by server`},
	{"a reset that nobody believes", func(p *peers) {
		p.connect()
		p.packet(C, p.c+70000, 0, flagRST, "")
		p.says(C, "ask")
		p.packet(S, p.s+70000, 0, flagRST, "")
		p.says(S, "answer")
		p.close(C)
	}, one + `"ask" "answer" FIN by client`},
	{"a reset after something that we missed", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.unseen(S, "answer")
		p.flagged(S, flagRST, "")
		p.seconds(601)
	}, one + `"ask" "" reset by server`},
	{"a SYN in somebody's name", func(p *peers) {
		p.connect()
		p.says(C, "as")
		p.packet(C, 77, 0, flagSYN, "")
		p.says(S, "")
		p.says(C, "k")
		p.close(C)
	}, one + `"ask" "" FIN by client`},
	{"an acknowledgment in somebody's name", func(p *peers) {
		p.connect()
		p.packet(C, p.c, p.s+1e6, flagACK, "")
		p.packet(S, p.s, p.c+3e6, flagACK, "")
		p.says(C, "ask")
		p.says(S, "answer")
		p.says(C, "")
		p.close(C)
	}, one + `"ask" "answer" FIN by client`},
	{"the same port again", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.close(C)
		p.c, p.s = 99, 12345
		p.connect()
		p.says(C, "again")
		p.close(S)
	}, one + `"ask" "" FIN by client` + "\n" + one + `"again" "" FIN by server`},
	{"the same port again, and we missed how the first ended", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.c, p.s = 99, 12345
		p.connect()
		p.says(C, "again")
		p.close(S)
	}, one + `"ask" "" forgotten` + "\n" + one + `"again" "" FIN by server`},
	{"late packets", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.close(C)
		p.packet(C, p.c-4, p.s, flagACK, "ask")
		p.packet(C, p.c-1, p.s, flagACK|flagFIN, "")
		p.packet(S, p.s, p.c, flagRST, "")
	}, one + `"ask" "" FIN by client`},
	{"data beside a SYN", func(p *peers) {
		p.packet(C, p.c, 0, flagSYN, "ask")
		p.c += 4
		p.flagged(S, flagSYN|flagACK, "")
		p.says(C, "")
		p.says(C, "ed")
		p.close(C)
	}, one + `"ed" "" lost 3 0 FIN by client`},
	{"data beside a SYN, not taken", func(p *peers) {
		p.packet(C, p.c, 0, flagSYN, "ask")
		p.c++
		p.flagged(S, flagSYN|flagACK, "")
		p.says(C, "ask")
		p.close(C)
	}, one + `"ask" "" FIN by client`},
	{"joined", func(p *peers) {
		p.says(C, "")
		p.says(S, "swer")
		p.says(C, "ask")
		p.close(C)
	}, one + `"ask" "swer" joined FIN by client`},
	{"no SYN", func(p *peers) {
		p.c++
		p.flagged(S, flagSYN|flagACK, "")
		p.says(C, "")
		p.says(C, "ask")
		p.close(C)
	}, one + `"ask" "" FIN by client`},
	{"no answer to the SYN", func(p *peers) {
		p.packet(C, p.c, 0, flagSYN, "")
		p.c++
		p.s++
		p.says(C, "")
		p.says(C, "ask")
		p.says(S, "answer")
		p.close(C)
	}, one + `"ask" "answer" FIN by client`},
	{"no acknowledgment of the answer to the SYN", func(p *peers) {
		p.packet(C, p.c, 0, flagSYN, "")
		p.c++
		p.flagged(S, flagSYN|flagACK, "")
		p.says(C, "ask")
		p.says(S, "answer")
		p.close(C)
	}, one + `"ask" "answer" FIN by client`},
	{"nothing but packets that end something", func(p *peers) { p.close(C); p.flagged(S, flagRST, "") }, ``},
	{"connected by the server's port", func(p *peers) {
		p.packet(S, p.s, 0, flagSYN, "")
		p.s++
		p.flagged(C, flagSYN|flagACK, "")
		p.says(S, "")
		p.says(S, "ask")
		p.says(C, "answer")
		p.close(S)
	}, ``},
	{"a hole", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.says(S, "one")
		p.unseen(S, "two")
		p.says(S, "three")
		p.says(C, "")
		p.close(S)
	}, one + `"ask" "onethree" lost 0 3 FIN by server`},
	{"a hole at the end", func(p *peers) {
		p.connect()
		p.unseen(C, "ask")
		p.says(S, "answer")
		p.unseen(S, "tail")
		p.close(C)
	}, one + `"" "answer" lost 3 4 FIN by client`},
	{"a hole with the end in it", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.unseen(S, "answer")
		p.s++ // its FIN
		p.flagged(C, flagACK|flagFIN, "")
		p.says(S, "")
		p.seconds(601)
	}, one + `"ask" "" lost 0 6 forgotten`},
	{"everything but one packet is missed", func(p *peers) {
		p.connect()
		p.unseen(C, "ask")
		p.unseen(S, "answer")
		p.flagged(C, flagACK|flagFIN, "!")
		p.seconds(601)
	}, one + `"!" "" lost 3 6 forgotten`},
	{"a segment that the network lost", func(p *peers) {
		p.connect()
		p.packet(C, p.c+3, p.s, flagACK, "two")
		p.says(S, "")
		p.says(C, "one")
		p.c += 3
		p.says(S, "")
		p.close(C)
	}, one + `"onetwo" "" FIN by client`},
	{"a probe for life", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.packet(C, p.c-1, p.s, flagACK, "")
		p.packet(C, p.c-1, p.s, flagACK, "\x00")
		p.says(C, "ed")
		p.close(C)
	}, one + `"asked" "" FIN by client`},
	{"silence", func(p *peers) { p.connect(); p.says(C, "ask"); p.seconds(601) }, one + `"ask" "" forgotten`},
	{"silence, and then something", func(p *peers) {
		p.connect()
		p.says(C, "ask")
		p.seconds(601)
		p.says(S, "answer")
		p.close(S)
	}, one + `"ask" "" forgotten` + "\n" + one + `"" "answer" joined FIN by server`},
	{"a FIN out of nowhere", func(p *peers) {
		p.connect()
		p.packet(C, p.c+500, p.s, flagACK|flagFIN, "")
		p.says(C, "ask")
		p.says(S, "answer")
		p.close(C)
	}, one + `"ask" "answer" FIN by client`},
}

// Stories of connections, and what is told of them in the end.
func TestStories(t *testing.T) {
	runStories(t, stories)
}

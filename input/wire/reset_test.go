package wire

import "testing"

// TestResets: a reset ends the conversation that it ends for its receiver, and no other.
func TestResets(t *testing.T) {
	runStories(t, []story{
		{"where the client acknowledged, while the server went on", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.says(S, "one")
			p.says(C, "")
			acknowledged := p.s
			p.says(S, "two")
			p.packet(S, acknowledged, p.c, flagRST, "")
			p.says(S, "three")
			p.close(S)
		}, one + `"ask" "onetwothree" FIN by server`},
		{"within what was said", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.says(S, "one")
			p.packet(S, p.s-1, p.c, flagRST, "")
			p.says(S, "two")
			p.close(S)
		}, one + `"ask" "onetwo" FIN by server`},
		{"within what was said, and then silence", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.packet(C, p.c-1, p.s, flagRST, "")
			p.seconds(601)
		}, one + `"ask" "" reset by client`},
		{"within what was said, and then a slow answer", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.packet(C, p.c-1, p.s, flagRST, "")
			p.seconds(300)
			p.says(S, "answer")
			p.close(S)
		}, one + `"ask" "answer" FIN by server`},
		{"before what was acknowledged, and then silence", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.says(S, "")
			p.packet(C, p.c-1, p.s, flagRST, "")
			p.seconds(601)
		}, one + `"ask" "" forgotten`},
		{"in doubt, of a server that would ask whether the client is there", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.packet(S, p.s-1, p.c, flagACK, "")
			p.says(C, "ed")
			p.packet(C, p.c-1, p.s, flagRST, "")
			p.seconds(151)
		}, one + `"asked" "" reset by client`},
		{"of a client that says more", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.packet(C, p.c, p.s, flagRST, "")
			p.says(C, "again")
			p.says(S, "answer")
			p.close(C)
		}, one + `"ask" "" reset by client` + "\n" + one + `"again" "answer" joined FIN by client`},
		{"before all that a client says", func(p *peers) {
			p.connect()
			p.packet(C, p.c, p.s, flagRST, "")
			p.says(C, "ask")
			p.says(S, "answer")
			p.close(C)
		}, one + `"" "" reset by client` + "\n" + one + `"ask" "answer" joined FIN by client`},
		{"of a client that takes more", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.packet(C, p.c, p.s, flagRST, "")
			p.says(S, "an")
			p.says(C, "")
			p.says(S, "swer")
			p.says(C, "")
			p.close(S)
		}, one + `"ask" "" reset by client` + "\n" + one + `"" "swer" joined FIN by server`},
		{"after silence, of a client that takes more", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.packet(C, p.c-1, p.s, flagRST, "")
			p.seconds(601)
			p.says(S, "an")
			p.says(C, "")
			p.says(S, "swer")
			p.says(C, "")
			p.close(S)
		}, one + `"ask" "" reset by client` + "\n" + one + `"" "swer" joined FIN by server`},
		{"that is one, and what was under way", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.says(S, "one")
			p.says(C, "")
			p.packet(C, p.c, p.s, flagRST, "")
			p.packet(C, p.c-3, p.s, flagACK, "ask")
			p.packet(C, p.c, p.s, flagACK, "")
			p.says(S, "two")
			p.packet(C, p.c, 0, flagRST, "")
			p.says(S, "three")
		}, one + `"ask" "one" reset by client`},
		{"of a client that had got all, and what was under way", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.flagged(S, flagACK|flagFIN, "one")
			p.packet(C, p.c, p.s, flagRST, "")
			p.says(C, "")
			p.packet(S, p.s-4, p.c, flagACK|flagFIN, "one")
			p.packet(S, p.s-4, p.c, flagACK|flagFIN, "one")
			p.says(C, "")
		}, one + `"ask" "one" reset by client`},
	})
}

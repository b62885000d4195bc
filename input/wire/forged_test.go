package wire

import "testing"

// TestEndedUnderAnotherName: a client that chooses the numbers of a connection that is done,
// whose other side it knows, does not wake it.
func TestEndedUnderAnotherName(t *testing.T) {
	for _, flags := range []uint8{flagACK, flagACK | flagFIN, flagACK | flagRST} {
		p := newPeers()
		first, answer := p.c, p.s+1
		p.connect()
		p.says(FromClient, "ask")
		p.flagged(FromServer, flagACK|flagFIN, "answer")
		p.flagged(FromClient, flagRST, "")

		again := *p
		again.client.port++
		again.packet(FromClient, first, 0, flagSYN, "")
		again.packet(FromClient, p.c, answer, flags, "")
		again.packet(FromClient, p.c, answer, flags, "forged")
		want := `192.0.2.77:40000 > 192.0.2.1:11434 "ask" "answer" reset by client`
		if got := p.book.String(); got != want {
			t.Errorf("flags %x: got\n%s\nwant\n%s", flags, got, want)
		}
		p.empty(t)
	}
}

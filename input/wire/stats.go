package wire

// Stats count what a Socket has seen since it was opened.
type Stats struct {
	Packets        uint64 // read
	Dropped        uint64 // packets that the kernel dropped because nobody read them in time
	LostBytes      uint64 // told to conversations as Lost
	Connections    uint64 // of which a conversation was opened
	Joined         uint64 // of these: their beginning was not seen
	OneSided       uint64 // of which only one side was seen, whether a conversation was opened or not
	Forgotten      uint64 // ended without an end: idle too long, or evicted for room
	Truncated      uint64 // packets larger than what was read of them
	Fragments      uint64 // first fragments of IP packets; the others do not pass the filter
	Refused        uint64 // segments that their receiver drops: without ACK, signed, or with a wrong checksum
	Contradictions uint64 // told to conversations as Contradicted
	Malformed      uint64 // not IP, not TCP or shorter than their headers say

	Open int // connections held now
	Held int // bytes held now because bytes before them are missing
}

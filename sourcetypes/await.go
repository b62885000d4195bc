package sourcetypes

// maxAwaits is in how many lines the TRACE line with a prompt's text is expected
// behind the DEBUG line with its length.
const maxAwaits = 16

// awaitText lets b wait if it has a prompt's length and its text may follow: only
// a stream that has shown TRACE is known to give it. It tells the blocks that
// wait already of b.
func (n *Normalizer) awaitText(b *block) {
	if n.await {
		n.awaited(b.level == levelTrace)
	}
	if b.level == levelDebug && !n.carry.Trace && n.opts.Prompts != Off && b.promptMsg() == completionMsg {
		b.awaits, n.await = maxAwaits, true
	}
}

// awaited counts a line for the blocks that wait. One at TRACE ends the waiting:
// what shows TRACE once shows the text of each prompt.
func (n *Normalizer) awaited(trace bool) {
	n.await = false
	for _, b := range n.queue {
		if b.awaits == 0 {
			continue
		}
		if b.awaits--; trace {
			b.textFollows, b.awaits = true, 0
		}
		n.await = n.await || b.awaits > 0
	}
}

// giveUp ends the waiting for the texts of prompts and for a first stamp.
func (n *Normalizer) giveUp() {
	for _, b := range n.queue {
		b.awaits, b.timeless = 0, false
	}
	n.await = false
}

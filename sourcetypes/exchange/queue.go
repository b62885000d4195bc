package exchange

// maxQueue is how many requests without an answer are kept of a connection. Clients have one at
// a time; of who has more than this the oldest are told without their answers.
const maxQueue = 64

// impatient is how many requests without an answer show that a client does not wait for
// them: where it does, all but the last of them would have to have been missed in a row.
const impatient = 8

// bound tells of the oldest request that no answer has begun to, if there are too many, or no room
// for x, which is the last one. One that is answered and one that is asked have room.
func (c *conversation) bound(x *exchange) {
	heads := &c.all.heads
	n := len(c.queue)
	if n <= 2 || n <= maxQueue && x.takeQueued(heads) {
		return
	}
	c.tellOldest()
	if x.headBytes == 0 {
		x.takeQueued(heads)
	}
}

// tellOldest tells of the oldest request that no answer has begun to.
func (c *conversation) tellOldest() {
	x := c.queue[0]
	if x.answerBegun || x == c.answering {
		x = c.queue[1]
	}
	c.all.stats.unfollowed.Add(1)
	x.partial = true
	follows := c.untold.add(x.head)
	c.finish(x, "")
	if !follows {
		c.untold = untold{}
		c.server.drift(0)
	}
}

// nextUnanswered is the request that the next answer is for.
func (c *conversation) nextUnanswered() *exchange {
	for len(c.queue) > 0 && c.queue[0].answerEnded {
		if !c.queue[0].requestEnded { // its end was not seen
			c.queue[0].inUnsure, c.queue[0].partial = true, true
		}
		c.finish(c.queue[0], "")
	}
	if x := c.untold.next(); x != nil {
		return x
	}
	if len(c.queue) == 0 {
		return nil
	}
	c.pipelines = c.pipelines || len(c.queue) > 1 && c.queue[0].requestEnded
	return c.queue[0]
}

// settle makes records of an exchange that is complete. Where the client closed before the
// answer ended it is not known yet whether it has taken it.
func (c *conversation) settle(x *exchange) {
	if x.requestEnded && x.answerEnded && !x.told && !c.left {
		c.finish(x, "")
	}
}

// finish makes the records of an exchange and forgets it.
func (c *conversation) finish(x *exchange, cut string) {
	for i, other := range c.queue {
		if other == x {
			c.queue = append(c.queue[:i], c.queue[i+1:]...)
			break
		}
	}
	if c.asking == x {
		c.asking = nil
	}
	if c.answering == x {
		c.answering = nil
	}
	if x.partial && (x.maybeNoBody() || !x.requestEnded) {
		x.inUnsure = true
	}
	c.all.ship(c, x, cut)
	x.release()
	x.releaseHead(&c.all.heads)
	c.joined = false
}

// untold are answers to come whose requests were told without them. Of each it is known only
// whether it has a body.
type untold struct {
	runs []run     // the next first
	now  *exchange // stands for the request of the next one
}

// run is how many requests there were one after the other, with the method HEAD or without.
type run struct {
	n    int
	head bool
}

const maxRuns = 64

// add adds the answer to a request, and reports whether it can be followed.
func (u *untold) add(head bool) bool {
	if n := len(u.runs); n > 0 && u.runs[n-1].head == head {
		u.runs[n-1].n++
		return true
	}
	u.runs = append(u.runs, run{1, head})
	return len(u.runs) <= maxRuns
}

// next is what stands for the request of the next answer; nil: there is none.
func (u *untold) next() *exchange {
	if u.now == nil && len(u.runs) > 0 {
		u.now = &exchange{told: true, method: "-", head: u.runs[0].head, requestEnded: true, endpoint: anyEndpoint}
		if u.runs[0].n--; u.runs[0].n == 0 {
			u.runs = u.runs[1:]
		}
	}
	return u.now
}

// begun takes that an answer begins that no other follows.
func (u *untold) begun(x *exchange) {
	if x == u.now {
		u.now = nil
	}
}

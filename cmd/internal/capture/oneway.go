package capture

// fewestOneSided is how many connections of which only one side is seen are no accident: a scan, or
// one that ended as capturing began.
const fewestOneSided = 10

const (
	oneWayProblem = "of most connections only one direction is seen, so their requests are not told"
	oneWayHint    = "have both directions mirrored to this machine, or capture on the one that Ollama runs on"
)

// oneWay reports whether most connections are seen in one direction only, as from a port that
// mirrors half of the traffic, or where answers take another way.
func (c Counts) oneWay() bool {
	return c["one_sided"] >= fewestOneSided && 2*c["one_sided"] > c["conversations"]
}

// problem is what is wrong with all that is captured, with a hint; empty: nothing.
func (c Counts) problem() string {
	if c.oneWay() {
		return oneWayProblem + ": " + oneWayHint
	}
	return ""
}

// watchWays says it once if only one direction is seen.
func (e *Engine) watchWays() {
	if c := e.Counts(); !e.saidOneWay && c.oneWay() {
		e.saidOneWay = true
		e.log.Warn(oneWayProblem, "one_sided", c["one_sided"], "conversations", c["conversations"], "hint", oneWayHint)
	}
}

package file

import (
	"testing"
)

func TestFollow(t *testing.T) {
	b := newBench(t)
	b.write("a.log", lines("a", 0, 10))
	b.start()
	b.wants(lines("a", 0, 10))
	b.append("a.log", lines("a", 10, 10))
	b.write("b.log", lines("b", 0, 5))
	b.wants(lines("a", 0, 20), lines("b", 0, 5))
	b.stop()
	b.append("a.log", lines("a", 20, 5))
	b.start()
	b.wants(lines("a", 0, 25), lines("b", 0, 5))
	b.inOrder("a.log")
}

func TestRotateOutside(t *testing.T) {
	b := newBench(t)
	b.write("a.log", lines("a", 0, 10))
	b.start()
	b.wants(lines("a", 0, 10))
	b.rename("a.log", "a.log.1")
	b.write("a.log", lines("a", 10, 10))
	b.append("a.log.1", lines("late", 0, 1))
	b.wants(lines("a", 0, 20), lines("late", 0, 1))
}

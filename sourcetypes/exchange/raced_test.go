//go:build race

package exchange

// raced: memory and time are those of the race detector too.
const raced = true

//go:build !race

package exchange

// raced: the program is as it is released.
const raced = false

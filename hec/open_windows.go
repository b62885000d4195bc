package hec

// openAtOnce is nothing here: no path of a file leads to something that waits.
const openAtOnce = 0

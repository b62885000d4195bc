package statedir

import "errors"

// ErrLocked means that another process has a lock.
var ErrLocked = errors.New("locked")

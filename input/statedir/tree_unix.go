//go:build unix

package statedir

import "os"

// tree is a directory by its descriptor: no operation can lead out of it, even if its path now
// leads somewhere else.
type tree = os.Root

func openTree(path string) (*tree, error) { return os.OpenRoot(path) }

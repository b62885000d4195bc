//go:build unix

package statedir

import "os"

// tree is a directory by its descriptor: what is asked of it cannot lead out of it,
// whatever its path has come to mean.
type tree = os.Root

func openTree(path string) (*tree, error) { return os.OpenRoot(path) }

//go:build !linux

package connections

// Able finds out how this process could observe connections, without doing so.
func Able() (Ability, error) { return Ability{Origin: "poll"}, nil }

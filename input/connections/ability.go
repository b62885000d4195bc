package connections

// Ability says how this process can observe connections on this system.
type Ability struct {
	Origin     string // the origin in events: sock_diag or poll
	Every      bool   // even the shortest connections are seen
	Containers bool   // connections accepted in containers are seen too
}

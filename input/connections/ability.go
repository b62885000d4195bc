package connections

// Ability is how connections can be observed by this process on this system.
type Ability struct {
	Origin     string // as events have it
	Every      bool   // short connections are seen, too
	Containers bool   // and those accepted in containers
}

package connections

// shown are the keys of an event.
type shown struct {
	Origin, Src, Dest, State string
	SrcScope                 string  `json:"src_scope"`
	SrcPort                  uint16  `json:"src_port"`
	DestPort                 uint16  `json:"dest_port"`
	BytesIn                  *uint64 `json:"bytes_in"`
	BytesOut                 *uint64 `json:"bytes_out"`
	ID                       string  `json:"connection_id"`
	Count                    *int
	Lost                     int
	MPTCP                    bool
	ProcessName              string  `json:"process_name"`
	ProcessID                int     `json:"process_id"`
	UserID                   *uint32 `json:"user_id"`
	fields                   map[string]string
}

// connections returns how many connections were first seen with an event.
func (s shown) connections() int {
	if s.Lost > 0 {
		return 0
	}
	if s.Count != nil {
		return *s.Count
	}
	return 1
}

package receiver

import (
	"net/http"
	"slices"
	"sync/atomic"
)

// Balance is a load balancer with sticky sessions: requests go to the nodes in
// turn, those that return a node's Options.Cookie to that node.
func Balance(nodes ...*Receiver) http.Handler {
	var turn atomic.Uint64
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		i := slices.IndexFunc(nodes, func(n *Receiver) bool { return returns(req, n.options.Cookie) })
		if i < 0 {
			i = int((turn.Add(1) - 1) % uint64(len(nodes)))
		}
		nodes[i].ServeHTTP(w, req)
	})
}

// returns reports whether a request brings back a cookie given as name=value.
func returns(req *http.Request, cookie string) bool {
	return cookie != "" && slices.ContainsFunc(req.Cookies(), func(c *http.Cookie) bool {
		return c.Name+"="+c.Value == cookie
	})
}

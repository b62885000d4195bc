package connections

import (
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/input/spool"
)

// TestPolling: what the table shows is told of once when it appears and once when it is gone.
func TestPolling(t *testing.T) {
	ends := netip.MustParseAddrPort
	listening := row{local: ends("[::]:4000"), listening: true, serves: true, process: Process{Name: "ollama.exe", ID: 7}}
	open := func(client string) row { return row{local: ends("192.0.2.1:4000"), peer: ends(client)} }
	looks := [][]row{
		{listening, open("203.0.113.7:999"), {local: ends("192.0.2.1:999"), peer: ends("192.0.2.9:4000")}},
		{listening, open("203.0.113.7:999")},
		{listening, open("203.0.113.8:1")},
		{listening},
	}
	want := []string{
		`{"origin":"poll","src":"203.0.113.7","src_port":999,"src_scope":"external","dest":"192.0.2.1","dest_port":4000,"state":"open","process_name":"ollama.exe","process_id":7}`,
		`{"origin":"poll","src":"203.0.113.7","src_port":999,"src_scope":"external","dest":"192.0.2.1","dest_port":4000,"state":"closed","count":0,"process_name":"ollama.exe","process_id":7}`,
		`{"origin":"poll","src":"203.0.113.8","src_port":1,"src_scope":"external","dest":"192.0.2.1","dest_port":4000,"state":"open","process_name":"ollama.exe","process_id":7}`,
		`{"origin":"poll","src":"203.0.113.8","src_port":1,"src_scope":"external","dest":"192.0.2.1","dest_port":4000,"state":"closed","count":0,"process_name":"ollama.exe","process_id":7}`,
	}
	synctest.Test(t, func(t *testing.T) {
		var got []string
		var learned []uint16
		o := New(Options{
			Events: All,
			Emit: func(r spool.Record) {
				if !json.Valid(r.Event) {
					t.Errorf("no JSON: %s", r.Event)
				}
				got = append(got, string(r.Event))
			},
			OnPort: func(port uint16) { learned = append(learned, port) },
		})
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		n := 0
		err := o.poll(ctx, func(context.Context) ([]row, error) {
			n++
			return looks[min(n, len(looks))-1], nil
		})
		if err != nil || !slices.Equal(got, want) || !slices.Equal(learned, []uint16{4000}) {
			t.Errorf("%v, learned %v, got", err, learned)
			for _, e := range got {
				t.Log(e)
			}
		}
		if s := o.Stats(); s.Connections != 2 || s.Events != 4 || s.Open != 0 || s.Origin != "poll" {
			t.Errorf("%+v", s)
		}
	})
}

package app

import "testing"

func TestOnlyOllamaSaysWhereItListens(t *testing.T) {
	const stamp = `time=2026-04-13T08:00:00.123Z level=INFO source=routes.go:1205 msg=`
	for line, want := range map[string]int{
		stamp + `"Listening on [::]:11434 (version 0.13.5)"`:                                 11434,
		stamp + `"Listening on 127.0.0.1:8080 (version 0.6.5-rc1)"`:                          8080,
		stamp + `"Listening on [fe80::1%eth0]:11435 (version 0.0.0)"`:                        11435,
		`2023/10/06 13:38:58 routes.go:572: Listening on 127.0.0.1:11434`:                    11434,
		`2023/12/06 13:38:58 routes.go:572: Listening on 127.0.0.1:11434 (version 0.1.14)`:   11434,
		stamp + `"Listening on 127.0.0.1:99999 (version 0.13.5)"`:                            0,
		stamp + `"prompt" prompt="Listening on 127.0.0.1:443 (version 0.13.5)"`:              0,
		stamp + `"Listening on 127.0.0.1:443 (version 0.13.5)" more=1`:                       0,
		`Listening on 127.0.0.1:443 (version 0.13.5)`:                                        0,
		`time=2026-04-13T08:00:00.123Z level=INFO source=chat.go:1 msg="Listening on a:443"`: 0,
		`[GIN] 2026/04/13 - 08:00:00 | 200 | 1ms | 10.0.0.1 | GET "/Listening on 1.1.1.1:5"`: 0,
	} {
		if got := portOf([]byte(line)); got != want {
			t.Errorf("%s: %d", line, got)
		}
	}
}

//go:build !windows

package modinput

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestOnlyAChangedParentIsAParentGone(t *testing.T) {
	for _, first := range []int64{1, 4711} { // splunkd may be process 1
		synctest.Test(t, func(t *testing.T) {
			var parent atomic.Int64
			parent.Store(first)
			gone := watch(t.Context(), time.Second, int(first), func() int { return int(parent.Load()) })
			select {
			case <-gone:
				t.Errorf("parent %d taken for gone", first)
			case <-time.After(time.Hour):
			}
			parent.Store(99) // a subreaper
			select {
			case <-gone:
			case <-time.After(2 * time.Second):
				t.Errorf("parent %d: its end went unnoticed", first)
			}
		})
	}
}

func TestAParentGoneBeforeTheFirstLook(t *testing.T) {
	<-watch(t.Context(), time.Hour, 4711, func() int { return 1 })
}

func TestWatchingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine stays
		ctx, cancel := context.WithCancel(t.Context())
		gone := watch(ctx, time.Second, 1, func() int { return 1 })
		cancel()
		synctest.Wait()
		select {
		case <-gone:
			t.Error("taken for gone")
		default:
		}
	})
}

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"ollama-hec/hec"
)

// recallMost bounds how long a start waits for acknowledgments of the last run: an
// indexer takes up to half a minute. No file is read meanwhile.
const recallMost = 30 * time.Second

// suspend stores commits that count only if the receipts are acknowledged in a later run.
func (sh *Shipper) suspend(receipts []hec.Receipt, commit func()) error {
	condition, err := json.Marshal(receipts)
	if err != nil {
		return err
	}
	return sh.store.Suspend(condition, commit)
}

// recall asks for the acknowledgments that the last run did not wait for. A batch without
// one, and all that came after it in its streams, is read and sent again.
func (sh *Shipper) recall(ctx context.Context) error {
	conditions := sh.store.Suspended()
	if conditions == nil {
		return nil
	}
	var receipts []hec.Receipt
	ends := make([]int, len(conditions)) // where the receipts of each condition end
	for i, condition := range conditions {
		var some []hec.Receipt
		if err := json.Unmarshal(condition, &some); err != nil {
			return fmt.Errorf("read suspended checkpoints: %w", err)
		}
		receipts = append(receipts, some...)
		ends[i] = len(receipts)
	}
	acked := make([]bool, len(receipts))
	if sh.client != nil {
		sh.log.Info("asking for acknowledgments of the last run", "batches", len(receipts))
		waiting, cancel := context.WithTimeout(ctx, recallMost)
		defer cancel()
		acked = sh.client.Recall(waiting, receipts)
	}
	if ctx.Err() != nil {
		return nil // stopped meanwhile: the next start asks again
	}
	if slices.Contains(acked, false) {
		sh.log.Warn(
			"batches of the last run were not acknowledged, sending them again",
			"batches", count(acked, false), "of", len(acked), "hint", "nothing is lost, and some events may come twice",
		)
	}
	hold := make([]bool, len(conditions))
	from := 0
	for i, end := range ends {
		hold[i] = !slices.Contains(acked[from:end], false)
		from = end
	}
	sh.store.Resolve(hold)
	return nil
}

func count(list []bool, value bool) (n int) {
	for _, v := range list {
		if v == value {
			n++
		}
	}
	return n
}

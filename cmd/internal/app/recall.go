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
// indexer takes up to half a minute. No files are looked for meanwhile.
const recallMost = 30 * time.Second

// suspend has commits count once a batch that was answered is acknowledged too.
func (sh *Shipper) suspend(receipts []hec.Receipt, commit func()) error {
	condition, err := json.Marshal(receipts)
	if err != nil {
		return err
	}
	return sh.store.Suspend(condition, commit)
}

// recall asks for the acknowledgments that the last run did not wait for. What
// is not acknowledged, and what its streams had after it, is read and sent again.
func (sh *Shipper) recall(ctx context.Context) error {
	conditions := sh.store.Suspended()
	if conditions == nil {
		return nil
	}
	var receipts []hec.Receipt
	ends := make([]int, len(conditions)) // of the receipts of each
	for i, condition := range conditions {
		var some []hec.Receipt
		if err := json.Unmarshal(condition, &some); err != nil {
			return fmt.Errorf("read suspended checkpoints: %w", err)
		}
		receipts = append(receipts, some...)
		ends[i] = len(receipts)
	}
	came := make([]bool, len(receipts))
	if sh.client != nil {
		sh.log.Info("asking for acknowledgments of the last run", "batches", len(receipts))
		waiting, cancel := context.WithTimeout(ctx, recallMost)
		defer cancel()
		came = sh.client.Recall(waiting, receipts)
	}
	if ctx.Err() != nil {
		return nil // stopped meanwhile: the next start asks again
	}
	if slices.Contains(came, false) {
		sh.log.Warn("batches of the last run were not acknowledged, sending them again", "batches", count(came, false), "of", len(came))
	}
	hold := make([]bool, len(conditions))
	from := 0
	for i, end := range ends {
		hold[i] = !slices.Contains(came[from:end], false)
		from = end
	}
	sh.store.Resolve(hold)
	return nil
}

func count(came []bool, what bool) (n int) {
	for _, c := range came {
		if c == what {
			n++
		}
	}
	return n
}

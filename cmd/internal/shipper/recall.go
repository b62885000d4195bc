package shipper

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"ollama-hec/hec"
)

// recallMost bounds how long a start waits for acknowledgments of the last run.
const recallMost = 30 * time.Second

// suspend keeps the receipts of what was answered and is not acknowledged.
func (sh *Shipper) suspend(receipts []hec.Receipt) error {
	if sh.store == nil {
		return errors.New("a pipe cannot be read again")
	}
	condition, err := json.Marshal(receipts)
	if err != nil {
		return err
	}
	return sh.store.Suspend(condition)
}

// recall asks for the acknowledgments that the last run did not wait for. What
// is not acknowledged is read and sent again.
func (sh *Shipper) recall(ctx context.Context) error {
	condition := sh.store.Suspended()
	if condition == nil {
		return nil
	}
	var receipts []hec.Receipt
	if err := json.Unmarshal(condition, &receipts); err != nil || sh.client == nil {
		sh.log.Warn("receipts of the last run cannot be asked for, sending again", "error", err)
		return sh.store.Resolve(false)
	}
	sh.log.Info("asking for acknowledgments of the last run", "batches", len(receipts))
	waiting, cancel := context.WithTimeout(ctx, recallMost)
	defer cancel()
	came := sh.client.Recall(waiting, receipts)
	if ctx.Err() != nil {
		return nil // stopped meanwhile: the next start asks again
	}
	all := !slices.Contains(came, false)
	if !all {
		sh.log.Warn("batches of the last run were not acknowledged, sending again", "batches", len(receipts))
	}
	return sh.store.Resolve(all)
}

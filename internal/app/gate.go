package app

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// gate says whether new requests are taken. It is asked per request and must
// cost nothing.
type gate struct {
	draining atomic.Bool
	full     atomic.Bool
}

func (g *gate) drain() { g.draining.Store(true) }

// refuse returns why a new request is not taken, or nil. With the journal full
// it could not be accounted, and what cannot be accounted is not served.
func (g *gate) refuse() *llm.Error {
	switch {
	case g.draining.Load():
		e := errStopping()
		e.RetryAfter = time.Second
		return e
	case g.full.Load():
		e := llm.Errorf(llm.KindOverloaded, "journal_full", "the gateway cannot record requests at the moment and takes none until it can; its operator has been told")
		e.RetryAfter = 10 * time.Second
		return e
	}
	return nil
}

func errStopping() *llm.Error {
	return llm.Errorf(llm.KindOverloaded, "gateway_stopping", "the gateway is stopping; try again")
}

// fullAt is the share of its bound at which the journal counts as full: the
// rest is for the requests that are under way.
const fullAt = 0.95

// watchJournal keeps the gate in step with the journal.
func (a *App) watchJournal(ctx context.Context) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		h := a.journal.Health()
		full := h.Full || h.Err != nil || float64(h.Bytes) > fullAt*float64(h.MaxBytes)
		if full != a.gate.full.Swap(full) {
			a.log.Warn("the journal's state changed", "takes_requests", !full, "bytes", h.Bytes, "max_bytes", h.MaxBytes, "lag", h.Lag, "err", h.Err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sweep deletes what has outlived its purpose: sessions that expired, and
// requests beyond the retention.
func (a *App) sweep(ctx context.Context) {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		a.sweepOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

const sweepRows = 500

func (a *App) sweepOnce(ctx context.Context) {
	now := time.Now()
	if _, err := a.store.SweepSessions(ctx, now); err != nil && ctx.Err() == nil {
		a.log.Warn("expired sessions were not deleted", "err", err)
	}
	if _, err := a.conversations.Cleanup(ctx); err != nil && ctx.Err() == nil {
		a.log.Warn("expired responses were not deleted", "err", err)
	}
	keep := a.loaded.Load().config.Retention.Requests
	if keep <= 0 {
		return
	}
	for ctx.Err() == nil {
		n, err := a.store.DeleteRequestsBefore(ctx, now.Add(-keep), sweepRows)
		if err != nil && ctx.Err() == nil {
			a.log.Warn("requests beyond the retention were not deleted", "err", err)
		}
		if err != nil || n < sweepRows {
			return
		}
	}
}

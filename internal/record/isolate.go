package record

import (
	"context"
	"errors"
	"fmt"
)

// probe takes a batch apart that the sink refused, to find the records at
// fault. A record is set aside only when the sink says itself that the record
// is to blame, or when the sink refuses it while it demonstrably works: right
// after the refusal it takes another record and refuses this one again. A
// database that is merely down therefore never costs a record.
type probe struct {
	m    *Mover
	good *Record // one the sink took; inserting it again changes nothing
	all  []Record
}

// seekTries is how many records are tried to find one that the sink takes.
const seekTries = 16

// seek looks for a record that the sink takes among those picked at random: in
// halves that each hold a bad one, none may have got in on its own yet.
func (p *probe) seek(ctx context.Context) {
	for range seekTries {
		if p.good != nil || ctx.Err() != nil {
			return
		}
		i := min(int(p.m.o.Jitter()*float64(len(p.all))), len(p.all)-1)
		_ = p.try(ctx, p.all[i:i+1]) // a refusal says nothing yet
	}
}

// isolate inserts rs, for which the sink gave cause, in ever smaller parts.
func (p *probe) isolate(ctx context.Context, rs []Record, cause error) error {
	if len(rs) == 1 {
		return p.judge(ctx, &rs[0], cause)
	}
	// Both halves are tried before either is taken apart, so that a record
	// the sink takes is known, if there is one, before the first judgement.
	half := len(rs) / 2
	left := p.try(ctx, rs[:half])
	right := p.try(ctx, rs[half:])
	if left != nil {
		if err := p.isolate(ctx, rs[:half], left); err != nil {
			return err
		}
	}
	if right != nil {
		return p.isolate(ctx, rs[half:], right)
	}
	return nil
}

func (p *probe) try(ctx context.Context, rs []Record) error {
	err := p.m.sink.InsertRecords(ctx, rs)
	if err == nil {
		p.good = &rs[0]
	}
	return err
}

// judge decides about a single record that the sink refused for cause: nil
// means that it was set aside, or got in after all.
func (p *probe) judge(ctx context.Context, r *Record, cause error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("record %s: %w", r.ID, cause)
	}
	if !errors.Is(cause, ErrRejected) {
		p.seek(ctx)
		if p.good == nil || p.try(ctx, []Record{*p.good}) != nil {
			return cause // the sink may be down: no verdict
		}
		err := p.m.sink.InsertRecords(ctx, []Record{*r})
		if err == nil {
			return nil
		}
		cause = err
		if ctx.Err() != nil {
			return fmt.Errorf("record %s: %w", r.ID, cause)
		}
	}
	if err := p.m.j.quarantineRecord(r, cause); err != nil {
		return err
	}
	p.m.aside[r.ID] = true
	p.m.mu.Lock()
	p.m.status.Rejected++
	p.m.mu.Unlock()
	p.m.o.OnError(cause)
	return nil
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// lagGauge is the gateway's count of records accepted and not yet in the database.
const lagGauge = "plexus_journal_lag_records"

// settleLimit bounds the wait for background work.
const settleLimit = 2 * time.Minute

// settle waits until the work that answers left behind is done, so that it
// counts in the CPU time of the window that caused it. The proxy leaves none.
func (t *target) settle(ctx context.Context) error {
	if !t.journal {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		lag, err := gauge(ctx, "http://"+t.addr+"/metrics", lagGauge)
		if err != nil {
			return fmt.Errorf("settle %s: %w", t.name, err)
		}
		if lag == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("settle %s: %v records behind: %w", t.name, lag, ctx.Err())
		case <-time.After(50 * time.Millisecond): // a scrape costs the gateway CPU too
		}
	}
}

// gauge reads one unlabelled metric of a Prometheus text page.
func gauge(ctx context.Context, url, name string) (_ float64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("metrics: %w", err)
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		return 0, fmt.Errorf("metrics: %w", err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("metrics: %s", resp.Status)
	}
	return parseGauge(resp.Body, name)
}

func parseGauge(r io.Reader, name string) (float64, error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		value, ok := strings.CutPrefix(lines.Text(), name+" ")
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return 0, fmt.Errorf("metrics: %s: %w", name, err)
		}
		return v, nil
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("metrics: %w", err)
	}
	return 0, fmt.Errorf("metrics: no %s: its background work cannot be seen", name)
}

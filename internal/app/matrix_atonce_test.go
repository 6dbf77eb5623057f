package app_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMatrixAtOnce has every client ask every upstream at the same time: no
// answer holds what another was for.
func TestMatrixAtOnce(t *testing.T) {
	list := doubles(t)
	g := start(t, matrixConfig(list))
	const each = 6
	failures := make(chan error, len(sdkClients())*len(list)*each)
	var wg sync.WaitGroup
	for _, c := range sdkClients() {
		for _, up := range list {
			p := &pair{client: c, up: up, base: g.base, model: up.alias}
			for i := range each {
				wg.Go(func() {
					mark := fmt.Sprintf("%s %d", p, i)
					if err := askMarked(t.Context(), p, mark, i%2 == 0); err != nil {
						failures <- fmt.Errorf("%s: %w", mark, err)
					}
				})
			}
		}
	}
	wg.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
}

// askMarked has the upstream say the mark, call a tool, and read it in the result.
func askMarked(ctx context.Context, p *pair, mark string, stream bool) error {
	c := p.begin(settings{tools: true, stream: stream, system: mark})
	c.user("[[say:" + mark + "]]")
	r, err := c.send(ctx, nil)
	if err != nil {
		return err
	}
	if r.text != mark {
		return fmt.Errorf("it was told %q", r.text)
	}
	c.user("[[parallel]]")
	if r, err = c.send(ctx, nil); err != nil {
		return err
	}
	if len(r.calls) != 2 {
		return fmt.Errorf("it was called %d times", len(r.calls))
	}
	c.results(result{call: r.calls[0], text: mark}, result{call: r.calls[1], text: "b"})
	if r, err = c.send(ctx, nil); err != nil {
		return err
	}
	if want := "result: " + mark + "; result: b"; r.text != want {
		return fmt.Errorf("it was told %q", r.text)
	}
	return nil
}

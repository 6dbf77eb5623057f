package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// cleanups is a stack of named steps that undo what was set up, last first.
type cleanups struct{ steps []step }

type step struct {
	name string
	run  func(context.Context) error
}

func (c *cleanups) add(name string, run func(context.Context) error) {
	c.steps = append(c.steps, step{name, run})
}

// run runs every step once, also when one fails, and names the failing ones.
func (c *cleanups) run(ctx context.Context) error {
	var failed []error
	for _, s := range slices.Backward(c.steps) {
		if err := s.run(ctx); err != nil {
			failed = append(failed, fmt.Errorf("stop %s: %w", s.name, err))
		}
	}
	c.steps = nil
	return errors.Join(failed...)
}

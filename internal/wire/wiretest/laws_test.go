package wiretest_test

import (
	"testing"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wiretest"
)

func TestLaws(t *testing.T) {
	for _, c := range upstreams() {
		t.Run(string(c.Protocol()), func(t *testing.T) { wiretest.Run(t, c, c, exceptions()[c.Protocol()]) })
	}
}

// exceptions are the features that a codec is known not to keep to, and why.
func exceptions() map[llm.Protocol]map[string]string { return nil }

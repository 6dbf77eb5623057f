package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/config"
	"github.com/plexus-gateway/plexus/internal/llm"
)

func TestParseGauge(t *testing.T) {
	t.Parallel()
	page := "# HELP plexus_journal_lag_records x\n# TYPE plexus_journal_lag_records gauge\n" +
		"plexus_journal_lag_records_other 9\nplexus_journal_lag_records 1.2e+03\n"
	v, err := parseGauge(strings.NewReader(page), lagGauge)
	require.NoError(t, err)
	require.InDelta(t, 1200, v, 0)
	_, err = parseGauge(strings.NewReader("other 1\n"), lagGauge)
	require.ErrorContains(t, err, lagGauge)
	_, err = parseGauge(strings.NewReader(lagGauge+" many\n"), lagGauge)
	require.Error(t, err)
}

func TestSettleWaitsForTheJournal(t *testing.T) {
	t.Parallel()
	left := 2
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(lagGauge + " " + string(rune('0'+left)) + "\n"))
		left--
	}))
	t.Cleanup(srv.Close)
	target := &target{kind: kind{name: "plexus", journal: true}, addr: srv.Listener.Addr().String()}
	require.NoError(t, target.settle(t.Context()))
	require.Equal(t, -1, left)

	srv.Config.Handler = http.NotFoundHandler()
	require.ErrorContains(t, target.settle(t.Context()), "404")
	proxy := &target.kind
	proxy.journal = false
	require.NoError(t, target.settle(t.Context()), "the proxy leaves nothing behind")
}

func TestInterleaveTurnsTheOrder(t *testing.T) {
	t.Parallel()
	targets := []*target{{kind: kind{name: "a"}}, {kind: kind{name: "b"}}, {kind: kind{name: "c"}}}
	var order []string
	require.NoError(t, interleave(2, targets, func(i int) error {
		order = append(order, targets[i].name)
		return nil
	}))
	require.Equal(t, "a b c c b a", strings.Join(order, " "))
}

func TestChoose(t *testing.T) {
	t.Parallel()
	all, err := choose("")
	require.NoError(t, err)
	require.Len(t, all, len(parts()))
	some, err := choose("start, memory")
	require.NoError(t, err)
	require.True(t, slices.EqualFunc(some, []string{"start", "memory"}, func(p part, n string) bool { return p.name == n }))
	_, err = choose("speed")
	require.ErrorContains(t, err, "throughput")
}

// The gateway's own loader reads the generated file, so that a change of the
// schema fails here and not in the middle of a bench.
func TestPlexusConfigIsValid(t *testing.T) {
	t.Parallel()
	noEnv := func(string) (string, bool) { return "", false }
	c, err := config.Parse("plexus.yaml", plexusConfig("127.0.0.1:4000", "127.0.0.1:9999"), noEnv)
	require.NoError(t, err)
	require.Len(t, c.Providers, 5)
	for _, p := range c.Providers {
		require.True(t, p.AllowPrivate)
	}
	require.Equal(t, "http://127.0.0.1:9999/v1", c.Providers[0].BaseURL[llm.OpenAIChat])
	require.Equal(t, "http://127.0.0.1:9999/v1beta", c.Providers[4].BaseURL[llm.Gemini])
	require.Len(t, c.Keys, 1)
	require.Equal(t, benchKey, c.Keys[0].Secret.Reveal())
	require.Len(t, c.Models, 11)
	for _, alias := range c.Models {
		require.NotEqual(t, alias.Name, alias.Targets[0].Model, "every body is edited")
		require.True(t, strings.HasPrefix(alias.Targets[0].Model, "mock-"), "the mock knows the model")
	}
}

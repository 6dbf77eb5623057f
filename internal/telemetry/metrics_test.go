package telemetry_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/telemetry"
)

func finished(m *telemetry.Metrics, change ...func(*record.Record)) {
	r := &record.Record{
		ProtocolIn: string(llm.OpenAIChat), Provider: "up", Status: record.StatusOK, Duration: 2 * time.Second, TTFT: 300 * time.Millisecond,
		UsageSource: "upstream", InputTokens: 10, OutputTokens: 5, CacheReadTokens: 3, CacheWriteTokens: 2, CacheWrite1hTokens: 1,
	}
	for _, c := range change {
		c(r)
	}
	m.RequestStarted(llm.Protocol(r.ProtocolIn))
	m.RequestFinished(r)
}

func TestMetricsCount(t *testing.T) {
	m := telemetry.NewMetrics()
	finished(m)
	finished(m)
	finished(m, func(r *record.Record) {
		r.Status, r.Provider, r.TTFT, r.UsageSource = record.StatusRefused, "", 0, "none"
	})
	m.RequestStarted(llm.OpenAIChat)
	m.RecordLost(errors.New("x"))
	require.NoError(t, testutil.GatherAndCompare(m.Registry, strings.NewReader(`
# HELP plexus_records_lost_total Finished requests that could not be put in the journal.
# TYPE plexus_records_lost_total counter
plexus_records_lost_total 1
# HELP plexus_requests_in_flight Requests under way.
# TYPE plexus_requests_in_flight gauge
plexus_requests_in_flight{protocol="openai.chat"} 1
# HELP plexus_requests_total Finished requests by outcome.
# TYPE plexus_requests_total counter
plexus_requests_total{protocol="openai.chat",provider="",status="refused"} 1
plexus_requests_total{protocol="openai.chat",provider="up",status="ok"} 2
`), "plexus_records_lost_total", "plexus_requests_in_flight", "plexus_requests_total"))
	require.NoError(t, testutil.GatherAndCompare(m.Registry, strings.NewReader(`
# HELP plexus_tokens_total Tokens by kind; the kinds are disjoint.
# TYPE plexus_tokens_total counter
plexus_tokens_total{kind="cache_read",provider=""} 0
plexus_tokens_total{kind="cache_read",provider="up"} 6
plexus_tokens_total{kind="cache_write",provider=""} 0
plexus_tokens_total{kind="cache_write",provider="up"} 6
plexus_tokens_total{kind="input",provider=""} 0
plexus_tokens_total{kind="input",provider="up"} 20
plexus_tokens_total{kind="output",provider=""} 0
plexus_tokens_total{kind="output",provider="up"} 10
`), "plexus_tokens_total"))
	families, err := m.Registry.Gather()
	require.NoError(t, err)
	seen := map[string]uint64{}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			if h := s.GetHistogram(); h != nil {
				seen[f.GetName()] += h.GetSampleCount()
			}
		}
	}
	require.Equal(t, uint64(3), seen["plexus_request_duration_seconds"])
	require.Equal(t, uint64(2), seen["plexus_time_to_first_token_seconds"])
}

// TestLabelsAreBounded: nothing a client says becomes a series.
func TestLabelsAreBounded(t *testing.T) {
	m := telemetry.NewMetrics()
	finished(m)
	before, err := testutil.GatherAndCount(m.Registry)
	require.NoError(t, err)
	for i := range 100 {
		finished(m, func(r *record.Record) {
			s := strings.Repeat("x", i)
			r.Alias, r.Model, r.ServedModel, r.Label, r.KeyName, r.ErrorCode, r.Path, r.ClientIP, r.UpstreamID = s, s, s, s, s, s, s, s, s
		})
	}
	after, err := testutil.GatherAndCount(m.Registry)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestInFlightReturnsToZero(t *testing.T) {
	m := telemetry.NewMetrics()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				finished(m, func(r *record.Record) { r.Status = record.Status(1 + i%5) })
			}
		})
	}
	wg.Wait()
	require.NoError(t, testutil.GatherAndCompare(m.Registry, strings.NewReader(`
# HELP plexus_requests_in_flight Requests under way.
# TYPE plexus_requests_in_flight gauge
plexus_requests_in_flight{protocol="openai.chat"} 0
`), "plexus_requests_in_flight"))
	n, err := testutil.GatherAndCount(m.Registry, "plexus_requests_total")
	require.NoError(t, err)
	require.Equal(t, 5, n)
}

func TestConfigAndJournal(t *testing.T) {
	m := telemetry.NewMetrics()
	health := record.Health{Bytes: 7, MaxBytes: 100, Lag: 3}
	m.WatchJournal(func() record.Health { return health })
	m.ConfigLoaded(true, 1700)
	m.ConfigLoaded(false, 1800)
	check := func(healthy string) {
		t.Helper()
		require.NoError(t, testutil.GatherAndCompare(m.Registry, strings.NewReader(`
# HELP plexus_config_last_reload_success_timestamp_seconds When the configuration that serves was loaded.
# TYPE plexus_config_last_reload_success_timestamp_seconds gauge
plexus_config_last_reload_success_timestamp_seconds 1700
# HELP plexus_config_last_reload_successful 1 if the configuration file as it stands now is the one that serves.
# TYPE plexus_config_last_reload_successful gauge
plexus_config_last_reload_successful 0
# HELP plexus_journal_bytes Size of the journal on disk.
# TYPE plexus_journal_bytes gauge
plexus_journal_bytes 7
# HELP plexus_journal_healthy 0 while the journal is full or cannot be written.
# TYPE plexus_journal_healthy gauge
plexus_journal_healthy `+healthy+`
`), "plexus_config_last_reload_success_timestamp_seconds", "plexus_config_last_reload_successful", "plexus_journal_bytes", "plexus_journal_healthy"))
	}
	check("1")
	health.Full = true
	check("0")
	health.Full, health.Err = false, errors.New("disk")
	check("0")
}

func TestNamesAreGood(t *testing.T) {
	m := telemetry.NewMetrics()
	finished(m)
	problems, err := testutil.GatherAndLint(m.Registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

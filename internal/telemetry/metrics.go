package telemetry

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
)

// Metrics are the gateway's own numbers. Labels take their values from the
// configuration and from closed sets only, never from a request, so the number
// of series is bounded.
type Metrics struct {
	Registry *prometheus.Registry

	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	ttft     *prometheus.HistogramVec
	tokens   *prometheus.CounterVec
	inFlight *prometheus.GaugeVec
	lost     prometheus.Counter

	configOK      prometheus.Gauge
	configAt      prometheus.Gauge
	configReloads *prometheus.CounterVec

	series sync.Map // seriesKey → *series
}

// seriesKey names the series one request counts in.
type seriesKey struct {
	protocol, provider string
	status             record.Status
}

// series are the instruments of one seriesKey, looked up once.
type series struct {
	requests               prometheus.Counter
	duration, ttft         prometheus.Observer
	inFlight               prometheus.Gauge
	input, cached, written prometheus.Counter
	output                 prometheus.Counter
}

var seconds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}

// NewMetrics returns metrics on a registry of their own.
func NewMetrics() *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plexus_requests_total", Help: "Finished requests by outcome."}, []string{"protocol", "provider", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "plexus_request_duration_seconds", Help: "From the request's head to the end of its answer.", Buckets: seconds}, []string{"protocol", "provider"}),
		ttft:     prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "plexus_time_to_first_token_seconds", Help: "From the request's head to the upstream's first meaningful byte.", Buckets: seconds}, []string{"protocol", "provider"}),
		tokens:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plexus_tokens_total", Help: "Tokens by kind; the kinds are disjoint."}, []string{"provider", "kind"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "plexus_requests_in_flight", Help: "Requests under way."}, []string{"protocol"}),
		lost:     prometheus.NewCounter(prometheus.CounterOpts{Name: "plexus_records_lost_total", Help: "Finished requests that could not be put in the journal."}),
		configOK: prometheus.NewGauge(prometheus.GaugeOpts{Name: "plexus_config_last_reload_successful", Help: "1 if the configuration file as it stands now is the one that serves."}),
		configAt: prometheus.NewGauge(prometheus.GaugeOpts{Name: "plexus_config_last_reload_success_timestamp_seconds", Help: "When the configuration that serves was loaded."}),
		configReloads: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plexus_config_reloads_total", Help: "Loads of the configuration by result."},
			[]string{"result"}),
	}
	m.Registry.MustRegister(m.requests, m.duration, m.ttft, m.tokens, m.inFlight, m.lost, m.configOK, m.configAt, m.configReloads,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// WatchJournal exposes the journal's state as it is when scraped.
func (m *Metrics) WatchJournal(health func() record.Health) {
	gauge := func(name, help string, value func(h record.Health) float64) {
		m.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(health()) }))
	}
	gauge("plexus_journal_bytes", "Size of the journal on disk.", func(h record.Health) float64 { return float64(h.Bytes) })
	gauge("plexus_journal_max_bytes", "Bound of the journal's size.", func(h record.Health) float64 { return float64(h.MaxBytes) })
	gauge("plexus_journal_lag_records", "Records not yet in the database.", func(h record.Health) float64 { return float64(h.Lag) })
	gauge("plexus_journal_healthy", "0 while the journal is full or cannot be written.", func(h record.Health) float64 {
		if h.Full || h.Err != nil {
			return 0
		}
		return 1
	})
	gauge("plexus_journal_quarantined_records", "Records set aside since the start because they were damaged or refused.", func(h record.Health) float64 { return float64(h.Quarantined) })
}

// RequestStarted counts a request in.
func (m *Metrics) RequestStarted(p llm.Protocol) {
	m.of(seriesKey{protocol: string(p)}).inFlight.Inc()
}

// RequestFinished counts a request out.
func (m *Metrics) RequestFinished(r *record.Record) {
	m.of(seriesKey{protocol: r.ProtocolIn}).inFlight.Dec()
	s := m.of(seriesKey{protocol: r.ProtocolIn, provider: r.Provider, status: r.Status})
	s.requests.Inc()
	s.duration.Observe(r.Duration.Seconds())
	if r.TTFT > 0 {
		s.ttft.Observe(r.TTFT.Seconds())
	}
	if r.UsageSource == "" || r.UsageSource == "none" {
		return
	}
	s.input.Add(float64(r.InputTokens))
	s.output.Add(float64(r.OutputTokens))
	s.cached.Add(float64(r.CacheReadTokens))
	s.written.Add(float64(r.CacheWriteTokens + r.CacheWrite1hTokens))
}

// RecordLost counts a record that the journal refused.
func (m *Metrics) RecordLost(error) { m.lost.Inc() }

// ConfigLoaded notes the result of a load.
func (m *Metrics) ConfigLoaded(ok bool, unix float64) {
	if !ok {
		m.configOK.Set(0)
		m.configReloads.WithLabelValues("failed").Inc()
		return
	}
	m.configOK.Set(1)
	m.configAt.Set(unix)
	m.configReloads.WithLabelValues("ok").Inc()
}

func (m *Metrics) of(k seriesKey) *series {
	if v, ok := m.series.Load(k); ok {
		return v.(*series) //nolint:errcheck // the map holds nothing else
	}
	s := &series{inFlight: m.inFlight.WithLabelValues(k.protocol)}
	if k.status != 0 {
		s.requests = m.requests.WithLabelValues(k.protocol, k.provider, k.status.String())
		s.duration = m.duration.WithLabelValues(k.protocol, k.provider)
		s.ttft = m.ttft.WithLabelValues(k.protocol, k.provider)
		s.input = m.tokens.WithLabelValues(k.provider, "input")
		s.output = m.tokens.WithLabelValues(k.provider, "output")
		s.cached = m.tokens.WithLabelValues(k.provider, "cache_read")
		s.written = m.tokens.WithLabelValues(k.provider, "cache_write")
	}
	v, _ := m.series.LoadOrStore(k, s)
	return v.(*series) //nolint:errcheck // the map holds nothing else
}

package admintest

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
)

// Fill adds keys and n requests of the last hours. The same n and clock give
// the same records.
func (w *World) Fill(n int) {
	ctx, now := context.Background(), w.now().UTC()
	w.Keys.Declare(authn.Key{Name: "ci", Comment: "Continuous integration", Hint: "7c1e", AllowedModels: []string{"demo*"}})
	soon := now.Add(72 * time.Hour)
	disabled := true
	for _, k := range []admin.NewKey{
		{Name: "claude-ada", Comment: "Ada's laptop, Claude Code"},
		{Name: "web-chat", Comment: "Open WebUI", KeyRules: admin.KeyRules{RequestsPerMinute: 120, AllowedIPs: []string{"10.0.4.17"}}},
		{Name: "batch-eval", Comment: "Nightly evaluation", KeyRules: admin.KeyRules{MaxConcurrency: 4, ExpiresAt: &soon}},
		{Name: "old-bot"},
	} {
		// The names are distinct, so creating cannot fail.
		_, _, _ = w.Keys.Create(ctx, k)
	}
	_, _ = w.Keys.Update(ctx, "old-bot", admin.KeyChange{Disabled: &disabled})
	random := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // sample data wants a seed
	at := now.Add(-time.Duration(n) * 37 * time.Second)
	for range n {
		at = at.Add(time.Duration(1+random.IntN(72)) * time.Second / 2 * 2)
		w.Log.Append(w.Sample(random, at))
	}
}

// Sample makes one plausible record that started at the time.
func (w *World) Sample(random *rand.Rand, at time.Time) record.Record {
	alias := w.Loaded.AliasViews[random.IntN(len(w.Loaded.AliasViews))]
	target := alias.Groups[0].Targets[0]
	r := record.Record{
		ID: idAt(at, random), Start: at.UTC(), KeyID: "01900000-0000-7000-8000-000000000001",
		KeyName: pick(random, "claude-ada", "claude-ada", "web-chat", "web-chat", "batch-eval", "ci"), ClientIP: "10.0.4.17",
		Method: "POST", Path: "/v1/chat/completions", ProtocolIn: string(llm.OpenAIChat), ProtocolOut: string(llm.OpenAIChat),
		Alias: alias.Name, Provider: target.Provider, Model: target.Model, ServedModel: target.Model,
		Attempts: 1, Streamed: random.IntN(4) > 0, Passthrough: true, Status: record.StatusOK, HTTPStatus: 200,
		FinishReason: "stop", UpstreamID: "chatcmpl-" + pick(random, "9fK2", "aB71", "Qz0p"),
		InputTokens: int64(random.ExpFloat64() * 4000), OutputTokens: int64(20 + random.ExpFloat64()*500),
		UsageSource: llm.UsageUpstream.String(), RequestBytes: int64(400 + random.IntN(90_000)), ResponseBytes: int64(900 + random.IntN(30_000)),
		TTFT: time.Duration(80+random.IntN(1400)) * time.Millisecond,
	}
	if random.IntN(3) == 0 {
		r.Label = pick(random, "team-search", "agent", "nightly")
	}
	if random.IntN(2) == 0 {
		r.CacheReadTokens = r.InputTokens * 3
	}
	r.Duration = r.TTFT + time.Duration(r.OutputTokens)*time.Duration(9+random.IntN(12))*time.Millisecond
	if target.Provider != "demo" {
		r.Priced, r.CostNano = true, r.InputTokens*2500+r.CacheReadTokens*250+r.OutputTokens*10000
	}
	w.spoil(random, &r)
	return r
}

// spoil turns about one record in eight into something that went wrong.
func (w *World) spoil(random *rand.Rand, r *record.Record) {
	fail := func(status record.Status, http int, kind llm.Kind, code, message string) {
		r.Status, r.HTTPStatus, r.ErrorKind, r.ErrorCode, r.ErrorMessage = status, http, kind.String(), code, message
		r.FinishReason, r.UsageSource, r.Priced = "", llm.UsageNone.String(), false
		r.InputTokens, r.OutputTokens, r.CacheReadTokens, r.CostNano, r.TTFT = 0, 0, 0, 0, 0
	}
	switch random.IntN(24) {
	case 0:
		fail(record.StatusFailed, 503, llm.KindOverloaded, "overloaded", "The provider has no capacity for this model at the moment. Try again shortly.")
		r.Attempts, r.Duration = 3, 2*time.Second
	case 1:
		fail(record.StatusRefused, 429, llm.KindRateLimit, "key_rate_limit", "The key allows 120 requests per minute.")
		r.Attempts, r.Provider, r.Model, r.ServedModel, r.ProtocolOut, r.UpstreamID = 0, "", "", "", "", ""
		r.Duration = 400 * time.Microsecond
	case 2:
		r.Status, r.HTTPStatus, r.FinishReason = record.StatusCanceled, 499, ""
		r.ErrorKind, r.ErrorMessage = llm.KindCanceled.String(), "The client closed the connection."
	case 3, 4:
		r.Attempts, r.Duration = 2, r.Duration+610*time.Millisecond
	}
}

func pick(random *rand.Rand, from ...string) string { return from[random.IntN(len(from))] }

// idAt makes a UUIDv7 of the given time (RFC 9562 section 5.7).
func idAt(at time.Time, random *rand.Rand) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16|random.Uint64()&0xffff)
	binary.BigEndian.PutUint64(id[8:], random.Uint64())
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}

func sampleLoaded(now time.Time) *Loaded {
	one := func(name, provider, model string, others ...string) admin.AliasView {
		return admin.AliasView{Name: name, OtherNames: others, Groups: []admin.TargetGroup{
			{Selector: "random", Targets: []admin.TargetView{{Provider: provider, Model: model, Enabled: true}}},
		}}
	}
	sonnet := one("claude-sonnet", "openrouter", "anthropic/claude-sonnet-5", "sonnet")
	sonnet.Groups[0].Targets = append(sonnet.Groups[0].Targets, admin.TargetView{Provider: "mock-lab", Model: "sonnet-proxy", Enabled: false})
	timeout := 120_000.0
	return &Loaded{
		ProviderViews: []admin.ProviderView{
			{Name: "demo", Vendor: "demo", Enabled: true, Endpoints: []admin.ProviderEndpoint{{Protocol: "openai.chat", BaseURL: "demo://local"}}, Models: []string{"demo", "demo-tools", "demo-fail-503"}, Aliases: []string{"demo"}},
			{Name: "openai", Vendor: "openai", Enabled: true, HasCredential: true, TimeoutMs: &timeout, Endpoints: []admin.ProviderEndpoint{{Protocol: "openai.chat", BaseURL: "https://api.openai.com/v1"}, {Protocol: "openai.embeddings", BaseURL: "https://api.openai.com/v1"}}, Aliases: []string{"gpt-5.5", "text-embedding"}},
			{Name: "openrouter", Vendor: "openrouter", Enabled: true, HasCredential: true, Endpoints: []admin.ProviderEndpoint{{Protocol: "openai.chat", BaseURL: "https://user:hunter2@openrouter.ai/api/v1?key=hunter2"}}, Aliases: []string{"claude-sonnet"}}, //nolint:gosec // a canary: the API must not show it
			{Name: "mock-lab", Enabled: false, Endpoints: []admin.ProviderEndpoint{{Protocol: "openai.chat", BaseURL: "http://10.0.9.4:8080/v1"}}, Models: []string{"sonnet-proxy"}, Aliases: []string{"claude-sonnet"}},
		},
		AliasViews: []admin.AliasView{
			one("demo", "demo", "demo"),
			one("gpt-5.5", "openai", "gpt-5.5-2026-09-01", "gpt-5", "default"),
			sonnet,
			one("text-embedding", "openai", "text-embedding-4-small"),
		},
		ConfigStatus: admin.ConfigStatus{File: "plexus.yaml", Revision: "c41f09ab", LoadedAt: now.Add(-time.Hour)},
	}
}

package admin

import (
	"math"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
)

// RequestView is one finished request. A member that is null or absent is not
// known, or the request did not get that far; it never stands for zero.
type RequestView struct {
	ID              string    `json:"id" format:"uuid" doc:"UUIDv7; also the x-request-id of the answer"`
	ClientRequestID string    `json:"client_request_id,omitempty"`
	Start           time.Time `json:"start" doc:"When the request's head was read, UTC"`

	Status     string `json:"status" enum:"ok,failed,refused,canceled,abandoned,unknown" doc:"The outcome from the client's side"`
	HTTPStatus int    `json:"http_status" doc:"Status the client was answered with; 0 when there was no answer"`

	KeyID    string `json:"key_id,omitempty"`
	Key      string `json:"key,omitempty" doc:"Name of the key; absent when none was recognised"`
	Label    string `json:"label,omitempty"`
	ClientIP string `json:"client_ip,omitempty"`

	Method      string   `json:"method"`
	Path        string   `json:"path"`
	ProtocolIn  string   `json:"protocol_in,omitempty"`
	ProtocolOut string   `json:"protocol_out,omitempty"`
	Alias       string   `json:"alias,omitempty" doc:"The model the client asked for"`
	Provider    string   `json:"provider,omitempty" doc:"Provider of the last attempt"`
	Model       string   `json:"model,omitempty" doc:"Upstream model of the last attempt"`
	ServedModel string   `json:"served_model,omitempty" doc:"Model the upstream says it served"`
	UpstreamID  string   `json:"upstream_id,omitempty" doc:"The upstream's request id"`
	Attempts    int      `json:"attempts"`
	Streamed    bool     `json:"streamed"`
	Passthrough bool     `json:"passthrough" doc:"True when bytes passed without conversion"`
	Losses      []string `json:"losses" nullable:"false" doc:"Codes of what a conversion dropped or approximated"`

	FinishReason string        `json:"finish_reason,omitempty"`
	Error        *RequestError `json:"error,omitempty"`

	Tokens       *RequestTokens `json:"tokens,omitempty" doc:"Absent when nothing is known about usage"`
	Cost         *Money         `json:"cost,omitempty" doc:"Absent when the request is unpriced"`
	ReportedCost *Money         `json:"reported_cost,omitempty" doc:"What the upstream says the request cost"`

	RequestBytes    int64    `json:"request_bytes"`
	ResponseBytes   int64    `json:"response_bytes"`
	TTFTMs          *float64 `json:"ttft_ms,omitempty" doc:"Milliseconds to the first meaningful byte from the upstream"`
	DurationMs      *float64 `json:"duration_ms,omitempty" doc:"Milliseconds from head to end"`
	TokensPerSecond *float64 `json:"tokens_per_second,omitempty" doc:"Output tokens per second after the first"`
}

// RequestError is what the client was told went wrong.
type RequestError struct {
	Kind    string `json:"kind" doc:"Closed set: who can do something about it"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// RequestTokens are disjoint counts: input, cache_read, cache_write and
// cache_write_1h make up the prompt; reasoning is part of output.
type RequestTokens struct {
	Input        int64    `json:"input" doc:"Prompt tokens neither read from nor written to a cache"`
	CacheRead    int64    `json:"cache_read"`
	CacheWrite   int64    `json:"cache_write"`
	CacheWrite1h int64    `json:"cache_write_1h"`
	Output       int64    `json:"output"`
	Reasoning    int64    `json:"reasoning"`
	Total        int64    `json:"total"`
	Source       string   `json:"source" enum:"upstream,estimated" doc:"Who counted"`
	Flags        []string `json:"flags" nullable:"false" doc:"Contradictions found in the upstream's counts"`
}

func viewRequest(r *record.Record) RequestView {
	v := RequestView{
		ID: r.ID.String(), ClientRequestID: r.ClientRequestID, Start: r.Start.UTC(),
		Status: r.Status.String(), HTTPStatus: r.HTTPStatus,
		KeyID: r.KeyID, Key: r.KeyName, Label: r.Label, ClientIP: r.ClientIP,
		Method: r.Method, Path: r.Path, ProtocolIn: r.ProtocolIn, ProtocolOut: r.ProtocolOut,
		Alias: r.Alias, Provider: r.Provider, Model: r.Model, ServedModel: r.ServedModel, UpstreamID: r.UpstreamID,
		Attempts: r.Attempts, Streamed: r.Streamed, Passthrough: r.Passthrough, Losses: splitCodes(r.LossCodes),
		FinishReason: r.FinishReason, Tokens: viewTokens(r),
		RequestBytes: r.RequestBytes, ResponseBytes: r.ResponseBytes,
		TTFTMs: milliseconds(r.TTFT), DurationMs: milliseconds(r.Duration),
	}
	if r.ErrorKind != "" {
		v.Error = &RequestError{Kind: r.ErrorKind, Code: r.ErrorCode, Message: r.ErrorMessage}
	}
	if r.Priced {
		cost := moneyOf(r.CostNano)
		v.Cost = &cost
	}
	if r.ReportedCostNano != 0 {
		reported := moneyOf(r.ReportedCostNano)
		v.ReportedCost = &reported
	}
	if tps := r.TokensPerSecond(); tps > 0 {
		tps = math.Round(tps*10) / 10
		v.TokensPerSecond = &tps
	}
	return v
}

func viewTokens(r *record.Record) *RequestTokens {
	if r.UsageSource == "" || r.UsageSource == llm.UsageNone.String() {
		return nil
	}
	return &RequestTokens{
		Input: r.InputTokens, CacheRead: r.CacheReadTokens, CacheWrite: r.CacheWriteTokens, CacheWrite1h: r.CacheWrite1hTokens,
		Output: r.OutputTokens, Reasoning: r.ReasoningTokens,
		Total:  r.InputTokens + r.CacheReadTokens + r.CacheWriteTokens + r.CacheWrite1hTokens + r.OutputTokens,
		Source: r.UsageSource, Flags: usageFlags(llm.UsageFlag(r.UsageFlags)),
	}
}

func usageFlags(flags llm.UsageFlag) []string {
	names := []struct {
		flag llm.UsageFlag
		name string
	}{
		{llm.UsageCachedOverInput, "cached_over_input"},
		{llm.UsageNegative, "negative"},
		{llm.UsageReasoningOverOutput, "reasoning_over_output"},
	}
	out := []string{}
	for _, n := range names {
		if flags&n.flag != 0 {
			out = append(out, n.name)
		}
	}
	return out
}

func splitCodes(codes string) []string {
	if codes == "" {
		return []string{}
	}
	return strings.Split(codes, ",")
}

package gemini_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// The laws: what is decoded, encoded and decoded again is the same, and within
// this protocol nothing is lost.

func TestLawRequests(t *testing.T) {
	for _, s := range append(samples(t, "requests"), fixtures(t).requests...) {
		t.Run(s.name, func(t *testing.T) {
			first := decodeRequest(t, s.body)
			body, losses := encodeRequest(t, gemini.Codec{}, first, target)
			require.Empty(t, losses)
			require.Equal(t, first, decodeRequest(t, []byte(body)))
			again, _ := encodeRequest(t, gemini.Codec{}, first, target)
			require.Equal(t, body, again, "encoding is deterministic and changes nothing")
		})
	}
}

func TestLawResponses(t *testing.T) {
	for _, s := range append(samples(t, "responses"), fixtures(t).responses...) {
		t.Run(s.name, func(t *testing.T) {
			first := decodeResponse(t, s.body)
			body, losses, err := gemini.Codec{}.EncodeResponse(first, asker())
			require.NoError(t, err)
			require.Empty(t, losses)
			require.True(t, json.Valid(body), "%s", body)
			require.Equal(t, first, decodeResponse(t, body))
		})
	}
}

// A response cut into one chunk per part, or delivered whole, tells the same.
func TestLawStreamIsResponse(t *testing.T) {
	for _, s := range append(samples(t, "responses"), fixtures(t).responses...) {
		t.Run(s.name, func(t *testing.T) {
			if s.name == "10-empty.json" {
				return // an answer without candidates is a truncated stream
			}
			want := withoutUsageRaw(decodeResponse(t, s.body))
			got := fold(t, events(t, framed(cut(t, s.body)), 1<<20))
			require.Equal(t, want, got)
		})
	}
}

// cut makes a stream of a response: the parts of each candidate one by one,
// what stands beside the content with the last. Raw values keep their bytes.
func cut(t *testing.T, body []byte) [][]byte {
	t.Helper()
	names, usage, candidates := "", "", llm.Raw(nil)
	for name, v := range wirejson.Members(body) {
		switch string(name) {
		case "candidates":
			candidates = v
		case "usageMetadata":
			usage = `,"usageMetadata":` + string(v)
		default:
			names += `,"` + string(name) + `":` + string(v)
		}
	}
	if candidates == nil {
		return [][]byte{[]byte("{" + strings.TrimPrefix(names+usage, ",") + "}")}
	}
	var out [][]byte
	for _, c := range wirejson.Elements(candidates) {
		var beside, parts string
		index := "0"
		for name, v := range wirejson.Members(c) {
			switch string(name) {
			case "content":
			case "index":
				index = string(v)
			default:
				beside += `,"` + string(name) + `":` + string(v)
			}
		}
		chunk := func(parts, rest string) {
			out = append(out, []byte(`{"candidates":[{"index":`+index+parts+rest+`}]`+names+usage+`}`))
		}
		for _, p := range wirejson.Elements(wirejson.Member(wirejson.Member(c, "content"), "parts")) {
			if parts != "" {
				chunk(parts, "")
			}
			parts = `,"content":{"parts":[` + string(p) + `],"role":"model"}`
		}
		chunk(parts, beside)
	}
	return out
}

func TestLawAnySplitGivesTheSameEvents(t *testing.T) {
	streams := fixtures(t).streams
	for _, s := range samples(t, "responses") {
		streams = append(streams, sample{s.name, framed(cut(t, s.body))})
	}
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			want := events(t, s.body, 1<<20)
			for _, size := range []int{1, 2, 3, 7, 64, 1000} {
				require.Equal(t, want, events(t, s.body, size))
			}
		})
	}
}

// What the stream encoder writes is read back as the same answer, as events
// and as an array.
func TestLawStreamsEncode(t *testing.T) {
	streams := fixtures(t).streams
	for _, s := range samples(t, "responses") {
		if s.name != "10-empty.json" {
			streams = append(streams, sample{s.name, framed(cut(t, s.body))})
		}
	}
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			evs := events(t, s.body, 1<<20)
			want := fold(t, evs)
			out, losses := encodeEvents(gemini.Codec{}, asker(), evs)
			require.Empty(t, losses)
			require.Equal(t, want, fold(t, events(t, out, 1<<20)))

			out, _ = encodeEvents(gemini.Codec{Array: true}, asker(), evs)
			var list []json.RawMessage
			require.NoError(t, json.Unmarshal(out, &list), "%s", out)
			var raws [][]byte
			for _, c := range list {
				raws = append(raws, bytes.ReplaceAll(c, []byte("\n"), nil))
			}
			require.Equal(t, want, fold(t, events(t, framed(raws), 1<<20)))
		})
	}
}

// A whole answer told as a stream is the same answer.
func TestLawUnfoldedResponsesEncode(t *testing.T) {
	for _, s := range samples(t, "responses") {
		if s.name == "10-empty.json" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			want := withoutUsageRaw(decodeResponse(t, s.body))
			var evs []*llm.Event
			for ev := range llm.Unfold(want) {
				evs = append(evs, cloneEvent(ev))
			}
			out, losses := encodeEvents(gemini.Codec{}, asker(), evs)
			require.Empty(t, losses)
			require.Equal(t, want, fold(t, events(t, out, 1<<20)))
		})
	}
}

func TestDecodedRequestOfEveryFixtureHasItsModel(t *testing.T) {
	r, err := gemini.Codec{}.DecodeRequest(wire.Inbound{Body: samples(t, "requests")[0].body, Model: "models/gemini-x"})
	require.NoError(t, err)
	require.Equal(t, "gemini-x", r.Model)
	require.False(t, r.Stream)
}

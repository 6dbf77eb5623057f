package anthropic_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// Decoding what was encoded gives what was decoded; nothing is lost on the way
// and every member of the original is there again.
func TestRequestsRoundTrip(t *testing.T) {
	all := requests(t)
	for _, name := range sorted(all) {
		t.Run(name, func(t *testing.T) {
			req := decodeRequest(t, all[name])
			body, losses := encodeRequest(t, req, wire.Target{Model: req.Model})
			require.Empty(t, losses)
			requireSame(t, req, decodeRequest(t, body))
			requireSame(t, normal(parse(t, all[name])), normal(parse(t, body)))
			requireLegal(t, body)
		})
	}
}

// normal undoes what says the same in two ways.
func normal(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case object:
		normalObject(v)
		for k := range v {
			if v[k] = normal(v[k]); v[k] == nil {
				delete(v, k)
			}
		}
	}
	return v
}

func normalObject(v object) {
	if v["stream"] == false {
		delete(v, "stream")
	}
	if v["is_error"] == false && v["type"] == "tool_result" {
		delete(v, "is_error")
	}
	if v["type"] == "custom" && v["input_schema"] != nil {
		delete(v, "type")
	}
	if v["type"] == "tool_result" && v["content"] == nil {
		v["content"] = []any{}
	}
	if v["description"] == "" {
		delete(v, "description")
	}
	for _, k := range []string{"content", "system"} {
		if s, ok := v[k].(string); ok && v["type"] != "compaction" && v["type"] != "content" {
			v[k] = []any{object{"type": "text", "text": s}}
		}
	}
	if f, ok := v["output_format"]; ok {
		delete(v, "output_format")
		v["output_config"] = object{"format": f}
	}
}

func TestResponsesRoundTrip(t *testing.T) {
	all := responses(t)
	for _, name := range sorted(all) {
		t.Run(name, func(t *testing.T) {
			resp, err := codec.DecodeResponse(all[name], wire.Target{})
			require.NoError(t, err)
			body, losses, err := codec.EncodeResponse(resp, &llm.Request{})
			require.NoError(t, err)
			require.Empty(t, losses)
			again, err := codec.DecodeResponse(body, wire.Target{})
			require.NoError(t, err)
			requireSame(t, resp, again)
			requireContains(t, name, parse(t, all[name]), parse(t, body))
		})
	}
}

// requireContains fails unless got has everything that want says.
func requireContains(t require.TestingT, path string, want, got any) {
	switch want := want.(type) {
	case nil:
	case object:
		g, ok := got.(object)
		require.True(t, ok || len(want) == 0, "%s is %v", path, got)
		for k := range want {
			if n, ok := want[k].(float64); ok && n == 0 {
				continue // an absent count is zero
			}
			if allZero(want[k]) {
				continue
			}
			requireContains(t, path+"."+k, want[k], g[k])
		}
	case []any:
		g, ok := got.([]any)
		require.True(t, ok, "%s is %v", path, got)
		require.Len(t, g, len(want), path)
		for i := range want {
			requireContains(t, fmt.Sprintf("%s[%d]", path, i), want[i], g[i])
		}
	default:
		require.Equal(t, want, got, path)
	}
}

// allZero reports whether v is an object of counts that are all zero.
func allZero(v any) bool {
	o, ok := v.(object)
	for _, n := range o {
		ok = ok && n == 0.0
	}
	return ok && len(o) > 0
}

// A stream folds to what the same answer decodes to when it comes whole.
func TestStreamEqualsWhole(t *testing.T) {
	all := responses(t)
	for _, name := range sorted(all) {
		t.Run(name, func(t *testing.T) {
			resp, err := codec.DecodeResponse(all[name], wire.Target{})
			require.NoError(t, err)
			stream, losses := writeStream(slices.Collect(llm.Unfold(resp)), &llm.Request{})
			require.Empty(t, losses)
			requireOrdered(t, stream)
			requireSame(t, resp, fold(t, readStream(t, bytes.NewReader(stream))))
		})
	}
}

func TestStreamsRoundTrip(t *testing.T) {
	all := streams(t)
	for _, name := range sorted(all) {
		t.Run(name, func(t *testing.T) {
			evs := readStream(t, bytes.NewReader(bytes.Clone(all[name])))
			resp := fold(t, evs)
			again, losses := writeStream(evs, &llm.Request{})
			require.Empty(t, losses)
			requireOrdered(t, again)
			requireSame(t, resp, fold(t, readStream(t, bytes.NewReader(again))))
			whole, _, err := codec.EncodeResponse(resp, &llm.Request{})
			require.NoError(t, err)
			fromWhole, err := codec.DecodeResponse(whole, wire.Target{})
			require.NoError(t, err)
			requireSame(t, resp, fromWhole)
		})
	}
}

func TestAnySplitOfTheBytesGivesTheSameEvents(t *testing.T) {
	all := streams(t)
	for _, name := range sorted(all) {
		if len(all[name]) > 20_000 {
			continue // the splits of the short ones are the same splits
		}
		t.Run(name, func(t *testing.T) {
			want := readStream(t, bytes.NewReader(bytes.Clone(all[name])))
			for what, r := range map[string]func(io.Reader) io.Reader{
				"byte by byte": iotest.OneByteReader, "half": iotest.HalfReader, "with the end": iotest.DataErrReader,
			} {
				got := readStream(t, r(bytes.NewReader(bytes.Clone(all[name]))))
				require.Len(t, got, len(want), what)
				for i := range want {
					requireSame(t, want[i], got[i])
				}
			}
		})
	}
}

// Wherever a stream is cut, it ends in one EventFail, with every block closed.
func TestTruncatedStreamsFail(t *testing.T) {
	all := corpus(t, "streams")
	for _, name := range sorted(all) {
		lines := strings.Split(strings.TrimSpace(string(all[name])), "\n")
		for n := range lines {
			evs := readStream(t, bytes.NewReader(framed(lines[:n]...)))
			require.NotEmpty(t, evs)
			open := map[int]bool{}
			for _, ev := range evs {
				switch ev.Type {
				case llm.EventBlockStart:
					open[ev.Index] = true
				case llm.EventBlockStop:
					delete(open, ev.Index)
				}
			}
			require.Empty(t, open, "%s cut after %d events", name, n)
			last := evs[len(evs)-1]
			require.Equal(t, llm.EventFail, last.Type, "%s cut after %d events", name, n)
			require.Equal(t, llm.KindUpstream, last.Err.Kind)
			require.Equal(t, "stream_truncated", last.Err.Code)
			out, _ := writeStream(evs, &llm.Request{})
			requireOrdered(t, out)
		}
	}
}

// requireOrdered checks the order that the streaming reference promises.
func requireOrdered(t require.TestingT, stream []byte) {
	var names []string
	next, open := 0, -1
	for frame := range strings.SplitSeq(strings.TrimSuffix(string(stream), "\n\n"), "\n\n") {
		lines := strings.Split(frame, "\n")
		require.Len(t, lines, 2, "%q", frame)
		name, ok := strings.CutPrefix(lines[0], "event: ")
		require.True(t, ok, "%q", frame)
		data, ok := strings.CutPrefix(lines[1], "data: ")
		require.True(t, ok, "%q", frame)
		v := parse(t, []byte(data))
		require.Equal(t, name, v["type"])
		index := -1
		if n, ok := v["index"].(float64); ok {
			index = int(n)
		}
		switch name {
		case "content_block_start":
			require.Equal(t, -1, open, "a block opens inside another")
			require.Equal(t, next, index)
			open, next = index, next+1
		case "content_block_delta":
			require.Equal(t, open, index)
		case "content_block_stop":
			require.Equal(t, open, index)
			open = -1
		case "message_delta":
			require.Equal(t, -1, open)
			require.NotEmpty(t, v["delta"].(object)["stop_reason"])
			require.Contains(t, v["usage"], "output_tokens")
		case "message_start":
			m := v["message"].(object)
			require.NotEmpty(t, m["id"])
			require.Equal(t, "assistant", m["role"])
			require.Contains(t, m["usage"], "input_tokens")
		}
		names = append(names, name)
	}
	if names[0] != "error" {
		require.Equal(t, "message_start", names[0])
	}
	last := names[len(names)-1]
	require.Contains(t, []string{"message_stop", "error"}, last)
	for i, name := range names[1:] {
		require.NotEqual(t, "message_start", name)
		if name == "message_stop" {
			require.Equal(t, "message_delta", names[i])
			require.Equal(t, len(names)-2, i, "something follows message_stop")
		}
	}
}

func TestCountRequestNeedsNoBound(t *testing.T) {
	body := []byte(`{"model":"m","messages":[{"role":"user","content":"q"}]}`)
	_, err := codec.DecodeRequest(wire.Inbound{Body: body})
	require.Error(t, err)
	req, err := codec.DecodeCountRequest(wire.Inbound{Body: body})
	require.NoError(t, err)
	out, losses, err := codec.EncodeCountRequest(req, wire.Target{Model: "up"})
	require.NoError(t, err)
	require.Empty(t, losses)
	require.Equal(t, "/messages/count_tokens", out.Path)
	require.JSONEq(t, `{"model":"up","messages":[{"role":"user","content":[{"type":"text","text":"q"}]}]}`, string(out.Body))
	require.Equal(t, "2023-06-01", out.Header.Get("Anthropic-Version"))

	require.JSONEq(t, `{"input_tokens":42}`, string(codec.EncodeCount(42)))
	n, err := codec.DecodeCount([]byte(`{"input_tokens":42}`))
	require.NoError(t, err)
	require.EqualValues(t, 42, n)
	for _, bad := range []string{`{}`, `nope`, `{"input_tokens":-1}`, `{"input_tokens":"3"}`} {
		_, err := codec.DecodeCount([]byte(bad))
		require.Error(t, err, bad)
	}
}

// Key order and the spelling of numbers survive inside inputs and schemas.
func TestRawJSONSurvivesByteForByte(t *testing.T) {
	body := `{"model":"m","max_tokens":1,"tools":[{"name":"f","input_schema":{"type":"object","z":1.0,"a":1e2}}],` +
		`"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"z":1.00,"a":9007199254740993}}]}]}`
	out, _ := encodeRequest(t, decodeRequest(t, []byte(body)), wire.Target{Model: "m"})
	require.Contains(t, string(out), `{"type":"object","z":1.0,"a":1e2}`)
	require.Contains(t, string(out), `{"z":1.00,"a":9007199254740993}`)
}

// requireLegal refuses what the real API refuses of messages.
func requireLegal(t require.TestingT, body []byte) {
	var v struct {
		MaxTokens *int64 `json:"max_tokens"`
		Messages  []struct {
			Role    string
			Content []struct {
				Type, Text, ID, Signature string
				ToolUseID                 string          `json:"tool_use_id"`
				Input                     json.RawMessage `json:"input"`
			}
		}
	}
	require.NoError(t, json.Unmarshal(body, &v))
	require.NotNil(t, v.MaxTokens)
	require.NotEmpty(t, v.Messages)
	calls, seen := map[string]bool{}, map[string]bool{}
	for i, m := range v.Messages {
		require.NotEmpty(t, m.Content, "message %d is empty", i)
		answered, other := map[string]bool{}, false
		if m.Role != "user" {
			calls = map[string]bool{}
		}
		for _, b := range m.Content {
			switch b.Type {
			case "text":
				require.NotEmpty(t, strings.TrimSpace(b.Text))
				other = true
			case "thinking":
				require.NotEmpty(t, b.Signature, "thinking without a signature")
			case "tool_use":
				require.Regexp(t, `^[a-zA-Z0-9_-]+$`, b.ID)
				require.False(t, seen[b.ID], "tool_use ids must be unique")
				seen[b.ID], calls[b.ID] = true, true
				require.Equal(t, byte('{'), b.Input[0])
			case "tool_result":
				require.False(t, other, "results must stand first")
				require.Regexp(t, `^[a-zA-Z0-9_-]+$`, b.ToolUseID)
				answered[b.ToolUseID] = true
			}
		}
		for id := range answered {
			require.True(t, calls[id], "%s answers no call of the turn before", id)
		}
	}
}

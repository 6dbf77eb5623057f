package gemini_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// FuzzDecodeRequest: no body makes the decoder panic, and what it takes is
// encoded as valid JSON that it takes again.
func FuzzDecodeRequest(f *testing.F) {
	for _, s := range samples(f, "requests") {
		f.Add(s.body)
	}
	f.Add([]byte(`{"contents":[{"parts":[{"thought":true},{"thoughtSignature":"a"},{}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := gemini.Codec{}.DecodeRequest(wire.Inbound{Body: body, Model: "m"})
		if err != nil {
			return
		}
		for _, c := range []gemini.Codec{{}, {SchemaSubset: true}} {
			for _, model := range []string{"gemini-2.5-pro", "gemini-3-pro"} {
				out, _, err := c.EncodeRequest(r, wire.Target{Model: model})
				require.NoError(t, err)
				require.NoError(t, wirejson.Check(out.Body), "%s", out.Body)
			}
		}
	})
}

// FuzzDecodeResponse: the same for answers, whole and as a stream.
func FuzzDecodeResponse(f *testing.F) {
	for _, s := range samples(f, "responses") {
		f.Add(s.body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := gemini.Codec{}.DecodeResponse(body, target)
		if err != nil {
			return
		}
		out, _, err := gemini.Codec{}.EncodeResponse(r, asker())
		require.NoError(t, err)
		require.NoError(t, wirejson.Check(out), "%s", out)
		enc := gemini.Codec{Array: true}.EventEncoder(asker())
		var array []byte
		for ev := range llm.Unfold(r) {
			array = enc.Encode(array, ev)
		}
		require.NoError(t, wirejson.Check(array), "%s", array)
	})
}

// FuzzEventDecoder: a stream of any two chunks ends with exactly one terminal
// event, and its events keep the grammar that Fold checks.
func FuzzEventDecoder(f *testing.F) {
	all := samples(f, "responses")
	for i, s := range all {
		f.Add(s.body, all[(i+1)%len(all)].body)
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		dec := gemini.Codec{}.EventDecoder(target)
		var fold llm.Folder
		terminal := 0
		emit := func(ev *llm.Event) {
			if ev.Type == llm.EventEnd || ev.Type == llm.EventFail {
				terminal++
			}
			if err := fold.Add(ev); err != nil {
				require.Equal(t, llm.EventFail, ev.Type, "%v", err)
			}
		}
		for _, chunk := range [][]byte{a, b} {
			if err := dec.Push(&sse.Frame{HasData: true, Data: chunk}, emit); err != nil {
				return
			}
		}
		dec.End(emit)
		require.Equal(t, 1, terminal)
	})
}

// FuzzDecodeError: every answer is some error with a message.
func FuzzDecodeError(f *testing.F) {
	f.Add(429, []byte(`{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3.5s"}]}}`))
	f.Add(400, []byte(`[{"error":{"message":"API key not valid"}}]`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := gemini.Codec{}.DecodeError(status, http.Header{}, body)
		require.NotEmpty(t, e.Message)
		require.GreaterOrEqual(t, e.RetryAfter.Nanoseconds(), int64(0))
		require.NoError(t, wirejson.Check(gemini.Codec{}.EncodeError(e)))
	})
}

// FuzzCleanSchema: any JSON gives a schema the API takes.
func FuzzCleanSchema(f *testing.F) {
	f.Add([]byte(`{"$defs":{"A":{"anyOf":[{"$ref":"#/$defs/A"},{"type":"null"}]}},"$ref":"#/$defs/A"}`))
	f.Add([]byte(`{"type":["object","string"],"allOf":[{"$ref":"#"}],"oneOf":[true]}`))
	f.Fuzz(func(t *testing.T, schema []byte) {
		if wirejson.Check(schema) != nil || wirejson.KindOf(schema) != '{' {
			return
		}
		for name := range wirejson.Members(schema) {
			if len(name) == 0 {
				return
			}
		}
		got, _ := cleaned(t, string(schema))
		require.NoError(t, wirejson.Check([]byte(got)), "%s", got)
	})
}

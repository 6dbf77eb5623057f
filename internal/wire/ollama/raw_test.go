package ollama_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/ndjson"
	"github.com/plexus-gateway/plexus/internal/wire/ollama"
)

func index(t *testing.T, body string) *jsonspan.Doc {
	t.Helper()
	var d jsonspan.Doc
	require.NoError(t, d.Index([]byte(body)))
	return &d
}

func TestDescribe(t *testing.T) {
	chat, generate := ollama.Raw{}, ollama.Raw{Generate: true}
	for _, tt := range []struct {
		raw   ollama.Raw
		body  string
		want  wire.Meta
		param string // of the error
	}{
		{chat, `{"model":"m","messages":[]}`, wire.Meta{Model: "m", Stream: true}, ""},
		{chat, `{"model":"m","stream":null}`, wire.Meta{Model: "m", Stream: true}, ""},
		{chat, `{"model":"m","messages":null,"stream":false}`, wire.Meta{Model: "m"}, ""},
		{generate, `{"model":"m","prompt":"x"}`, wire.Meta{Model: "m", Stream: true}, ""},
		{generate, `{"model":"m"}`, wire.Meta{Model: "m", Stream: true}, ""},
		{generate, `{"model":"m","prompt":["x"]}`, wire.Meta{}, "prompt"},
		{chat, `{"messages":[]}`, wire.Meta{}, "model"},
		{chat, `{"model":"m","stream":1}`, wire.Meta{}, "stream"},
		{chat, `{"model":"m","messages":{}}`, wire.Meta{}, "messages"},
		{chat, `{"model":"m","messages":[],"Model":"other"}`, wire.Meta{}, "model"},
		{chat, `{"MODEL":"other","model":"m","messages":[]}`, wire.Meta{}, "model"},
	} {
		got, err := tt.raw.Describe(index(t, tt.body), wire.Inbound{})
		if tt.param == "" {
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			continue
		}
		var e *llm.Error
		require.ErrorAs(t, err, &e, tt.body)
		require.Equal(t, []any{llm.KindInvalid, tt.param}, []any{e.Kind, e.Param})
	}
}

func TestPatch(t *testing.T) {
	for _, l := range lanes {
		raw := ollama.Raw{Generate: l.codec.Generate}
		require.Equal(t, llm.Ollama, raw.Protocol())
		require.Equal(t, "application/x-ndjson", raw.StreamType())
		d := index(t, `{ "model" : "m", "keep_alive":1.0 }`)
		p, err := raw.Patch(d, wire.Meta{Model: "m"}, wire.Target{Model: `u"p`, NeedUsage: true})
		require.NoError(t, err)
		require.Equal(t, l.path, p.Path)
		s, err := jsonspan.Splice(d.Body(), p.Edits...)
		require.NoError(t, err)
		require.Equal(t, `{ "model" : "u\"p", "keep_alive":1.0 }`, string(s.Bytes()))
		p, err = raw.Patch(d, wire.Meta{Model: "m"}, wire.Target{Model: "m"})
		require.NoError(t, err)
		require.Empty(t, p.Edits)
	}
	up := ollama.Raw{}.DecodeError(404, []byte(`{"error":"gone"}`))
	require.Equal(t, "gone", up.Message)
	require.JSONEq(t, `{"error":"x"}`, string(ollama.Raw{}.EncodeError(llm.Errorf(llm.KindInvalid, "", "x"))))
}

// The taps see in the recorded streams and answers what the decoders see.
func TestTapsSeeWhatDecodersSee(t *testing.T) {
	for _, l := range lanes {
		for _, s := range samples(t, l.name, "streams") {
			want, err := tapped(t, s.body)
			require.NoError(t, err)
			tap := ollama.Raw{}.StreamTap(false)
			var last wire.Verdict
			r := ndjson.NewReader(bytes.NewReader(s.body), nil, 0)
			for {
				f, err := r.Next()
				if err != nil {
					break
				}
				if v := tap.Frame(f); v != 0 {
					last = v
				}
			}
			require.Equal(t, wire.Meaningful|wire.Last, last, s.name)
			require.Equal(t, want, tap.Seen(), s.name)
		}
		for _, s := range samples(t, l.name, "responses") {
			r := decodeResponse(t, s.body)
			tap := ollama.Raw{}.BodyTap()
			for p := range bytes.Lines(s.body) {
				tap.Write(p[:len(p)/2])
				tap.Write(p[len(p)/2:])
			}
			c := r.Choices[0]
			require.Equal(t, &wire.Seen{Usage: r.Usage, Finish: c.Finish, FinishRaw: c.FinishRaw, Model: r.Model}, tap.Seen(), s.name)
		}
	}
}

// tapped is what a decoder says of the parts that a tap sees.
func tapped(t *testing.T, body []byte) (*wire.Seen, error) {
	t.Helper()
	events, err := tryStream(bytes.NewReader(body))
	s := &wire.Seen{}
	for _, ev := range events {
		switch ev.Type {
		case llm.EventStart:
			s.Model = ev.Response.Model
		case llm.EventUsage:
			s.Usage = ev.Usage
		case llm.EventFinish:
			s.Finish, s.FinishRaw = ev.Finish, ev.FinishRaw
		default:
		}
	}
	return s, err
}

func TestTapsSeeErrors(t *testing.T) {
	tap := ollama.Raw{}.StreamTap(true)
	var verdicts []wire.Verdict
	r := ndjson.NewReader(bytes.NewReader([]byte("\n"+`{"model":"m","message":{"content":"say \"done\":true"},"done":false}
{"message":{"content":"\"error\":\"x\""},"done" : false}
{"message":{"content":"x"},"error":"","done":false}
{"error":"boom"}
`)), nil, 0)
	for {
		f, err := r.Next()
		if err != nil {
			break
		}
		verdicts = append(verdicts, tap.Frame(f))
		copy(f.Raw, bytes.Repeat([]byte("!"), len(f.Raw))) // the frame does not stay
	}
	require.Equal(t, []wire.Verdict{0, wire.Meaningful, wire.Meaningful, wire.Meaningful, wire.Meaningful | wire.Failed}, verdicts)
	require.Equal(t, "boom", tap.Seen().Err.Message)
	require.JSONEq(t, `{"error":"boom"}`, string(tap.Seen().Err.Body))

	body := ollama.Raw{}.BodyTap()
	body.Write([]byte(`{"error":"boom"}`))
	require.Equal(t, "boom", body.Seen().Err.Message)
	require.Equal(t, llm.FinishNone, body.Seen().Finish)
}

func TestTags(t *testing.T) {
	var tags struct {
		Models []struct {
			Name, Model, Digest string
			ModifiedAt          string `json:"modified_at"`
			Details             struct {
				Family   string
				Families []string
			}
		}
	}
	require.NoError(t, json.Unmarshal(ollama.EncodeTags([]string{`org/we"ird:70b`, "gpt-5"}), &tags))
	require.Len(t, tags.Models, 2)
	require.Equal(t, `org/we"ird:70b`, tags.Models[0].Model)
	require.Equal(t, `we"ird`, tags.Models[0].Details.Family)
	require.Equal(t, []string{"gpt-5"}, tags.Models[1].Details.Families)
	require.Len(t, tags.Models[1].Digest, 64)
	require.JSONEq(t, `{"models":[]}`, string(ollama.EncodeTags(nil)))

	var show struct {
		Capabilities []string
		ModelInfo    map[string]any `json:"model_info"`
	}
	require.NoError(t, json.Unmarshal(ollama.EncodeShow("gpt-5"), &show))
	require.Subset(t, show.Capabilities, []string{"completion", "tools", "vision"})
	require.NotNil(t, show.ModelInfo)
	require.JSONEq(t, `{"version":"0.13.0"}`, string(ollama.EncodeVersion("0.13.0")))

	for body, want := range map[string]string{`{"model":"a","name":"b"}`: "a", `{"name":"b"}`: "b", `{"model":"","name":"b"}`: "b"} {
		got, err := ollama.DecodeShow([]byte(body))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, body := range []string{`{}`, `7`, `{"model":7}`} {
		_, err := ollama.DecodeShow([]byte(body))
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, llm.KindInvalid, e.Kind)
	}
}

package anthropic_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

func FuzzDecodeRequest(f *testing.F) {
	for _, body := range corpus(f, "requests") {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := codec.DecodeRequest(wire.Inbound{Body: body})
		if err != nil {
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, llm.KindInvalid, e.Kind)
			return
		}
		if !jsontext.Value(body).IsValid() {
			return // the strict index keeps these out
		}
		out, _, err := codec.EncodeRequest(req, wire.Target{Model: "m"})
		if err != nil {
			return
		}
		require.True(t, json.Valid(out.Body), "%s", out.Body)
		_, err = codec.DecodeRequest(wire.Inbound{Body: out.Body})
		require.NoError(t, err)
	})
}

func FuzzDecodeResponse(f *testing.F) {
	for _, body := range corpus(f, "responses") {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		resp, err := codec.DecodeResponse(body, wire.Target{})
		if err != nil {
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			return
		}
		out, _, err := codec.EncodeResponse(resp, &llm.Request{})
		require.NoError(t, err)
		require.True(t, json.Valid(out), "%s", out)
		_, err = codec.DecodeResponse(out, wire.Target{})
		require.NoError(t, err)
	})
}

func FuzzEventDecoder(f *testing.F) {
	for _, lines := range corpus(f, "streams") {
		var data []string
		for line := range bytes.Lines(lines) {
			data = append(data, string(bytes.TrimSpace(line)))
		}
		f.Add(framed(data...))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		d := codec.EventDecoder(wire.Target{})
		enc := codec.EventEncoder(&llm.Request{})
		var folder llm.Folder
		var out []byte
		emit := func(ev *llm.Event) {
			err := folder.Add(ev)
			if ev.Type != llm.EventFail {
				require.NoError(t, err, "the decoder keeps the grammar of events")
			}
			out = enc.Encode(out, ev)
		}
		r := sse.NewReader(bytes.NewReader(stream), nil, 1<<20)
		for {
			frame, err := r.Next()
			if err != nil || d.Push(frame, emit) != nil {
				break
			}
		}
		d.End(emit)
		requireOrdered(t, out)
	})
}

func FuzzDecodeError(f *testing.F) {
	f.Add(400, []byte(`{"type":"error","error":{"type":"invalid_request_error","message":"messages.0.content: x"},"request_id":"r"}`))
	f.Add(500, []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := codec.DecodeError(status, nil, body)
		require.NotEmpty(t, e.Message)
		require.True(t, json.Valid(codec.EncodeError(e)))
	})
}

// FuzzStreamTap: the tap never panics, and of a stream that the decoder takes
// it says what the decoder says.
func FuzzStreamTap(f *testing.F) {
	for _, lines := range corpus(f, "streams") {
		var data []string
		for line := range bytes.Lines(lines) {
			data = append(data, string(bytes.TrimSpace(line)))
		}
		f.Add(framed(data...))
	}
	for _, stream := range failing {
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		d, tap := codec.EventDecoder(wire.Target{}), anthropic.Raw{}.StreamTap(true)
		var evs []*llm.Event
		emit := func(ev *llm.Event) { evs = append(evs, cloneEvent(ev)) }
		r := sse.NewReader(bytes.NewReader(stream), nil, 1<<20)
		accepted := true
		for {
			frame, err := r.Next()
			if err != nil {
				break
			}
			accepted = d.Push(frame, emit) == nil && accepted
			failed := tap.Frame(frame)&wire.Failed != 0
			require.True(t, !failed || tap.Seen().Err != nil)
		}
		d.End(emit)
		if accepted {
			require.Equal(t, known(evs), *tap.Seen())
		}
	})
}

// FuzzBodyTap: the tap never panics, and of an answer that the decoder takes it
// says what the decoder says.
func FuzzBodyTap(f *testing.F) {
	for _, body := range corpus(f, "responses") {
		f.Add(body)
	}
	f.Add([]byte(`{"error":{"message":"m"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		tap := anthropic.Raw{}.BodyTap()
		tap.Write(body)
		seen := tap.Seen()
		var strict jsonspan.Doc // duplicate members may be read one way or the other
		resp, err := codec.DecodeResponse(body, wire.Target{})
		if err != nil || strict.Index(body) != nil || len(body) > 1<<15 {
			return
		}
		c := resp.Choices[0]
		require.Equal(t, wire.Seen{ID: resp.ID, Model: resp.Model, Usage: resp.Usage, Finish: c.Finish, FinishRaw: c.FinishRaw}, *seen)
	})
}

package anthropic_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
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

package openairesponses_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

func seed(f *testing.F, pattern string) {
	f.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		f.Fatal("no corpus: ", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// What decodes also encodes, to valid JSON that decodes again.
func FuzzDecodeRequest(f *testing.F) {
	seed(f, "testdata/requests/*.json")
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := codec.DecodeRequest(wire.Inbound{Body: body})
		if err != nil {
			return
		}
		out, _, err := codec.EncodeRequest(req, wire.Target{Model: req.Model})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := codec.DecodeRequest(wire.Inbound{Body: out.Body}); err != nil {
			t.Fatalf("%v\n%s", err, out.Body)
		}
		if _, _, err := codec.EncodeResponse(&llm.Response{}, req); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzDecodeResponse(f *testing.F) {
	seed(f, "testdata/responses/*.json")
	f.Fuzz(func(t *testing.T, body []byte) {
		resp, err := codec.DecodeResponse(body, wire.Target{})
		if err != nil {
			return
		}
		out, _, err := codec.EncodeResponse(resp, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := codec.DecodeResponse(out, wire.Target{}); err != nil {
			if json.Valid(out) && resp.Choices[0].Finish == llm.FinishError {
				return // a failed response is an error
			}
			t.Fatalf("%v\n%s", err, out)
		}
	})
}

// Whatever an upstream streams, the events fold without a breach of their
// grammar, end once, and encode.
func FuzzDecodeStream(f *testing.F) {
	names, err := filepath.Glob("testdata/streams/*.jsonl")
	if err != nil || len(names) == 0 {
		f.Fatal("no corpus: ", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		var b bytes.Buffer
		for line := range bytes.SplitSeq(data, []byte("\n")) {
			b.WriteString("data: ")
			b.Write(line)
			b.WriteString("\n\n")
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		events, err := tryCollect(stream, len(stream)+1)
		if err != nil {
			return
		}
		_, err = fold(events)
		var e *llm.Error
		if errors.As(err, &e) && e.Kind == llm.KindInternal {
			t.Fatal(err)
		}
		for i, ev := range events {
			if last := i == len(events)-1; last != (ev.Type == llm.EventEnd || ev.Type == llm.EventFail) {
				t.Fatalf("event %d of %d is of type %d", i, len(events), ev.Type)
			}
		}
		b, _ := encodeStream(events, nil)
		checkOrder(t, parseStream(t, b))
	})
}

func FuzzDecodeError(f *testing.F) {
	f.Add(429, []byte(`{"error":{"message":"m","type":"t","param":null,"code":"c"}}`))
	f.Add(400, []byte(`{"detail":"x"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := codec.DecodeError(status, nil, body)
		if e == nil || e.Message == "" || !json.Valid(codec.EncodeError(e)) {
			t.Fatalf("%+v", e)
		}
	})
}

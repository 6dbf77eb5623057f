package anthropic_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// conversation is a request of 200 turns with calls and results, 1 MB in all.
func conversation() []byte {
	var b strings.Builder
	b.WriteString(`{"model":"m","max_tokens":1000,"messages":[{"role":"user","content":"q"}`)
	text := strings.Repeat("the quick brown fox \\n", 238)
	for i := range 100 {
		fmt.Fprintf(&b, `,{"role":"assistant","content":[{"type":"text","text":%q},{"type":"tool_use","id":"toolu_%d","name":"f","input":{"path":"%s"}}]}`, "ok", i, text)
		fmt.Fprintf(&b, `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_%d","content":[{"type":"text","text":"%s"}]}]}`, i, text)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func BenchmarkConversation(b *testing.B) {
	body := conversation()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		req, err := codec.DecodeRequest(wire.Inbound{Body: body})
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := codec.EncodeRequest(req, wire.Target{Model: "m"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStreamedChunk(b *testing.B) {
	chunk := framed(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" from that Wikipedia page"}}`)
	head := framed(`{"type":"message_start","message":{"id":"m"}}`, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`)
	d, e := codec.EventDecoder(wire.Target{}), codec.EventEncoder(&llm.Request{})
	var out []byte
	emit := func(ev *llm.Event) { out = e.Encode(out[:0], ev) }
	push := func(r *sse.Reader) {
		for f, err := r.Next(); err == nil; f, err = r.Next() {
			if err := d.Push(f, emit); err != nil {
				b.Fatal(err)
			}
		}
	}
	push(sse.NewReader(bytes.NewReader(head), nil, 0))
	frame, err := sse.NewReader(bytes.NewReader(chunk), nil, 0).Next()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Push(frame, emit); err != nil {
			b.Fatal(err)
		}
	}
}

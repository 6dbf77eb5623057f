package openairesponses_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// conversation is about 1 MB in 200 turns of a coding agent.
func conversation() []byte {
	var b strings.Builder
	b.WriteString(`{"model":"m","store":false,"input":[`)
	output := strings.Repeat(`func main() {\n\tfmt.Println(\"hello\")\n}\n`, 100)
	for i := range 200 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"role":"user","content":[{"type":"input_text","text":"turn %d"}]},`, i)
		fmt.Fprintf(&b, `{"type":"reasoning","summary":[],"encrypted_content":"%s"},`, strings.Repeat("gAAAAAB", 50))
		fmt.Fprintf(&b, `{"type":"function_call","call_id":"call_%d","name":"shell","arguments":"{\"command\":[\"cat\",\"a.go\"]}"},`, i)
		fmt.Fprintf(&b, `{"type":"function_call_output","call_id":"call_%d","output":"%s"}`, i, output)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func BenchmarkDecodeRequest1MB(b *testing.B) {
	body := conversation()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.DecodeRequest(wire.Inbound{Body: body}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeRequest1MB(b *testing.B) {
	body := conversation()
	req, err := codec.DecodeRequest(wire.Inbound{Body: body})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := codec.EncodeRequest(req, wire.Target{Model: "m"}); err != nil {
			b.Fatal(err)
		}
	}
}

// One iteration is one chunk of text.
func BenchmarkEncodeDelta(b *testing.B) {
	enc := codec.EventEncoder(nil)
	dst := enc.Encode(nil, &llm.Event{Type: llm.EventBlockStart, Block: &llm.Text{}})
	delta := &llm.Event{Type: llm.EventDelta, Delta: llm.DeltaText, Text: "a word or two"}
	b.ReportAllocs()
	for b.Loop() {
		dst = enc.Encode(dst[:0], delta)
	}
}

func BenchmarkDecodeStream(b *testing.B) {
	var stream strings.Builder
	stream.WriteString("data: " + created + "\n\n")
	const chunks = 100
	for range chunks {
		stream.WriteString(`data: {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"a word or two","logprobs":[],"obfuscation":"abcdef"}` + "\n\n")
	}
	data := []byte(stream.String())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tryCollect(data, len(data)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/chunks, "ns/chunk")
}

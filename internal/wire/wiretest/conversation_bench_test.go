package wiretest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
)

// longText is what a file or a thought looks like inside JSON: letters, line
// ends, quotes and a few characters beyond ASCII. It is about n bytes long.
func longText(n int) string {
	const line = `func (e *encoder) write(name string) { e.b = append(e.b, \"naïve — ok\"...) }\n\t`
	return strings.Repeat(line, n/len(line)+1)
}

// A turn pair of the conversations: what a coding agent's loop consists of,
// 10 KB for both.
const (
	saidBytes   = 1000
	inputBytes  = 3000
	resultBytes = 6000
)

func messagesConversation(turns int) []byte {
	var b strings.Builder
	b.WriteString(`{"model":"m","max_tokens":4096,"system":[{"type":"text","text":"You are an agent.","cache_control":{"type":"ephemeral"}}],` +
		`"tools":[{"name":"edit","description":"edits","input_schema":{"type":"object","properties":{"path":{"type":"string"},"text":{"type":"string"}},"required":["path"]}}],` +
		`"messages":[{"role":"user","content":"begin"}`)
	said, input, result := longText(saidBytes), longText(inputBytes), longText(resultBytes)
	for i := range turns / 2 {
		fmt.Fprintf(&b, `,{"role":"assistant","content":[{"type":"text","text":"%s"},{"type":"tool_use","id":"toolu_%d","name":"edit","input":{"path":"a/b.go","line":%d,"text":"%s"}}]}`, said, i, i, input)
		fmt.Fprintf(&b, `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_%d","content":[{"type":"text","text":"%s"}]},{"type":"text","text":"go on"}]}`, i, result)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func chatConversation(turns int) []byte {
	var b strings.Builder
	b.WriteString(`{"model":"m","tools":[{"type":"function","function":{"name":"edit","description":"edits","parameters":{"type":"object","properties":{"path":{"type":"string"},"text":{"type":"string"}},"required":["path"]}}}],` +
		`"messages":[{"role":"system","content":"You are an agent."},{"role":"user","content":"begin"}`)
	said, result := longText(saidBytes), longText(resultBytes)
	input := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(longText(inputBytes))
	for i := range turns / 2 {
		fmt.Fprintf(&b, `,{"role":"assistant","content":"%s","tool_calls":[{"id":"call_%d","type":"function","function":{"name":"edit","arguments":"{\"path\":\"a/b.go\",\"line\":%d,\"text\":\"%s\"}"}}]}`, said, i, i, input)
		fmt.Fprintf(&b, `,{"role":"tool","tool_call_id":"call_%d","content":"%s"},{"role":"user","content":"go on"}`, i, result)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

// BenchmarkConversation converts whole conversations, as each request of a
// coding agent through another protocol demands: 200 turns are 1 MB and must
// take less than 15 ms. The time of a turn must not grow with their number.
func BenchmarkConversation(b *testing.B) {
	pairs := []struct {
		name string
		make func(turns int) []byte
		from wire.Ingress
		to   wire.Egress
	}{
		{"anthropic→chat", messagesConversation, anthropic.Codec{}, openaichat.Codec{}},
		{"chat→anthropic", chatConversation, openaichat.Codec{}, anthropic.Codec{}},
	}
	for _, p := range pairs {
		for _, turns := range []int{50, 100, 200, 400} {
			body := p.make(turns)
			b.Run(fmt.Sprintf("%s/%d", p.name, turns), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					req, err := p.from.DecodeRequest(wire.Inbound{Body: body})
					if err != nil {
						b.Fatal(err)
					}
					req.Source = p.from.Protocol()
					if _, _, err := p.to.EncodeRequest(req, wire.Target{Model: "m"}); err != nil {
						b.Fatal(err)
					}
				}
				ms := b.Elapsed().Seconds() * 1e3 / float64(b.N)
				b.ReportMetric(ms, "ms/op")
				b.ReportMetric(ms*1e3/float64(turns), "µs/turn")
			})
		}
	}
}

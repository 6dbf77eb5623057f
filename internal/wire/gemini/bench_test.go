package gemini_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// conversation is a request of about 1 MB with 200 turns.
func conversation() []byte {
	var turns []string
	for i := range 100 {
		turns = append(turns, fmt.Sprintf(`{"role":"user","parts":[{"text":"%s"}]}`, strings.Repeat("lorem ipsum ", 400)),
			fmt.Sprintf(`{"role":"model","parts":[{"text":"%s"},{"functionCall":{"id":"c%d","name":"f","args":{"a":[1,2,3]}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c%d","name":"f","response":{"output":"ok"}}}]}`,
				strings.Repeat("dolor sit ", 500), i, i))
	}
	return []byte(`{"contents":[` + strings.Join(turns, ",") + `]}`)
}

func BenchmarkRequest1MB(b *testing.B) {
	body := conversation()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		convert(b, body)
	}
}

func convert(b *testing.B, body []byte) {
	r, err := gemini.Codec{}.DecodeRequest(wire.Inbound{Body: body, Model: "m"})
	require.NoError(b, err)
	_, _, err = gemini.Codec{}.EncodeRequest(r, target)
	require.NoError(b, err)
}

func BenchmarkStreamChunk(b *testing.B) {
	dec := gemini.Codec{}.EventDecoder(target)
	enc := gemini.Codec{}.EventEncoder(asker())
	frame := &sse.Frame{HasData: true, Data: []byte(`{"candidates":[{"content":{"parts":[{"text":" strawberry."}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":29,"totalTokenCount":294,"promptTokensDetails":[{"modality":"TEXT","tokenCount":9}],"thoughtsTokenCount":256},"modelVersion":"gemini-3-pro-preview","responseId":"dX6LadKVC7SZ28oPr9yJoQs"}`)}
	var out []byte
	emit := func(ev *llm.Event) { out = enc.Encode(out[:0], ev) }
	for b.Loop() {
		if err := dec.Push(frame, emit); err != nil {
			b.Fatal(err)
		}
	}
}

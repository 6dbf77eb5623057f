package conversation_test

import (
	"strings"
	"testing"

	"github.com/plexus-gateway/plexus/internal/conversation"
)

// BenchmarkResolvePlain is what a request pays that refers to nothing: 100
// items of a coding agent, 300 KB.
func BenchmarkResolvePlain(b *testing.B) {
	item := `{"type":"message","role":"user","content":[{"type":"input_text","text":"` + strings.Repeat("some text\\n", 300) + `"}]}`
	body := []byte(`{"model":"m","store":false,"input":[` + strings.TrimSuffix(strings.Repeat(item+",", 100), ",") + `]}`)
	s := conversation.New(nil, conversation.Options{})
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Resolve(b.Context(), me, body); err != nil {
			b.Fatal(err)
		}
	}
}

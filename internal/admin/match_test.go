package admin_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/record"
)

func TestMatches(t *testing.T) {
	yes, no := true, false
	rec := record.Record{
		ID: uuid.MustParse("01938f00-aaaa-7000-8000-00000000abcd"), Start: noon, KeyName: "ada", Label: "team", Alias: "GPT", Provider: "p", Model: "m",
		ProtocolIn: "openai.chat", ErrorKind: "timeout", ErrorMessage: "Deadline passed", Status: record.StatusFailed, Streamed: true,
	}
	tests := []struct {
		name   string
		filter record.Filter
		want   bool
	}{
		{"empty", record.Filter{}, true},
		{"from is inclusive", record.Filter{From: noon}, true},
		{"from later", record.Filter{From: noon.Add(1)}, false},
		{"to is exclusive", record.Filter{To: noon}, false},
		{"to later", record.Filter{To: noon.Add(time.Hour)}, true},
		{"status", record.Filter{Status: []record.Status{record.StatusOK, record.StatusFailed}}, true},
		{"other status", record.Filter{Status: []record.Status{record.StatusOK}}, false},
		{"streamed", record.Filter{Streamed: &yes}, true},
		{"not streamed", record.Filter{Streamed: &no}, false},
		{"key", record.Filter{Key: []string{"ADA"}}, true},
		{"other key", record.Filter{Key: []string{"bob"}}, false},
		{"label", record.Filter{Label: []string{"x"}}, false},
		{"alias in another case", record.Filter{Alias: []string{"gpt"}}, true},
		{"provider", record.Filter{Provider: []string{"q"}}, false},
		{"model", record.Filter{Model: []string{"n"}}, false},
		{"protocol", record.Filter{Protocol: []string{"gemini"}}, false},
		{"error kind", record.Filter{ErrorKind: []string{"auth"}}, false},
		{"text in the message", record.Filter{Text: "deadline"}, true},
		{"text leading the id", record.Filter{Text: "01938F00-AA"}, true},
		{"text inside the id", record.Filter{Text: "aaaa"}, false},
		{"all must hold", record.Filter{Key: []string{"ada"}, Provider: []string{"q"}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, admin.Matches(&tt.filter, &rec))
		})
	}
}

package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// The tests named TestClient… send what JavaScript libraries were seen to send.
// testdata/clients holds the bodies as recorded: NAME-1 is the first request of
// a conversation, NAME-2 the second, which brings back what the first was
// answered. What differs from run to run stands between two @.
//
// Recorded with ai 6.0 (@ai-sdk/openai 3.0, anthropic 3.0, google 3.0),
// @langchain/openai 1.5, anthropic 1.5, google-genai 2.3, openai 6.49,
// @anthropic-ai/sdk 1.12 and @google/genai 2.32.

// heardAnswer is what the second request of a conversation is made of.
type heardAnswer struct {
	text        string
	calls       []string // ids
	items       []string // ids, of Responses only
	proof       string   // encrypted reasoning, of Responses only
	summary     string   // reasoning shown, of Responses only
	responseID  string   // of Responses only
	finishedFor string   // the protocol's word
}

// recorded sends a recorded body to the upstream; pairs say what stands for its
// placeholders.
func (w *scarWorld) recorded(t *testing.T, path, name, up string, pairs ...string) *told {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "clients", name+".json"))
	require.NoError(t, err)
	model := w.ups[up].alias
	text := strings.NewReplacer(append(pairs, "@model@", model)...).Replace(string(body))
	return w.post(t, strings.Replace(path, "@model@", model, 1), text)
}

// hears reads an answer that must be good.
func hears(t *testing.T, path string, r *told) heardAnswer {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r.body)
	streamed := strings.HasPrefix(r.head.Get("Content-Type"), "text/event-stream")
	switch {
	case path == chatPath && streamed:
		return ofStream(chatStream(t, r.body))
	case path == messagesPath && streamed:
		return ofStream(messagesStream(t, r.body))
	case path == chatPath:
		return ofChat(t, r.body)
	case path == messagesPath:
		return ofMessages(t, r.body)
	case path == responsesPath:
		return ofResponses(t, r.body, streamed)
	default:
		return ofGemini(t, r.body)
	}
}

const (
	chatPath      = "/v1/chat/completions"
	responsesPath = "/v1/responses"
	messagesPath  = "/v1/messages"
	geminiPath    = "/v1beta/models/@model@:generateContent"
)

func ofStream(h *heardStream) heardAnswer {
	a := heardAnswer{text: h.text, finishedFor: h.finish}
	for _, c := range h.calls {
		a.calls = append(a.calls, c.id)
	}
	return a
}

func ofChat(t *testing.T, body string) heardAnswer {
	t.Helper()
	v := parsed[struct {
		Choices []struct {
			Message struct {
				Content   string
				ToolCalls []struct{ ID string } `json:"tool_calls"`
			}
			FinishReason string `json:"finish_reason"`
		}
	}](t, body)
	require.Len(t, v.Choices, 1, body)
	a := heardAnswer{text: v.Choices[0].Message.Content, finishedFor: v.Choices[0].FinishReason}
	for _, c := range v.Choices[0].Message.ToolCalls {
		a.calls = append(a.calls, c.ID)
	}
	return a
}

func ofMessages(t *testing.T, body string) heardAnswer {
	t.Helper()
	v := parsed[struct {
		Content    []struct{ Type, ID, Text string }
		StopReason string `json:"stop_reason"`
	}](t, body)
	a := heardAnswer{finishedFor: v.StopReason}
	for _, b := range v.Content {
		a.text += b.Text
		if b.Type == "tool_use" {
			a.calls = append(a.calls, b.ID)
		}
	}
	return a
}

// ofResponses reads a response, or the one in a stream's last event.
func ofResponses(t *testing.T, body string, streamed bool) heardAnswer {
	t.Helper()
	if streamed {
		all := sseEvents(t, body)
		body = string(parsed[struct{ Response json.RawMessage }](t, all[len(all)-1].data).Response)
	}
	v := parsed[struct {
		ID, Status string
		Output     []struct {
			ID, Type         string
			Call             string `json:"call_id"`
			Encrypted        string `json:"encrypted_content"`
			Content, Summary []struct{ Text string }
		}
	}](t, body)
	a := heardAnswer{responseID: v.ID, finishedFor: v.Status}
	for _, item := range v.Output {
		a.items = append(a.items, item.ID)
		switch item.Type {
		case "function_call":
			a.calls = append(a.calls, item.Call)
		case "reasoning":
			a.proof = item.Encrypted
			for _, s := range item.Summary {
				a.summary += s.Text
			}
		case "message":
			for _, c := range item.Content {
				a.text += c.Text
			}
		}
	}
	return a
}

func ofGemini(t *testing.T, body string) heardAnswer {
	t.Helper()
	v := parsed[struct {
		Candidates []struct {
			Content struct {
				Parts []struct {
					Text    string
					Thought bool
					Call    *struct{ ID string } `json:"functionCall"`
				}
			}
			FinishReason string
		}
	}](t, body)
	require.Len(t, v.Candidates, 1, body)
	a := heardAnswer{finishedFor: v.Candidates[0].FinishReason}
	for _, p := range v.Candidates[0].Content.Parts {
		switch {
		case p.Call != nil:
			a.calls = append(a.calls, p.Call.ID)
		case !p.Thought:
			a.text += p.Text
		}
	}
	return a
}

// places returns what a recorded second request needs of the first answer.
func (a heardAnswer) places() []string {
	pairs := []string{"@proof@", a.proof, "@response0@", a.responseID}
	for i, id := range a.calls {
		pairs = append(pairs, fmt.Sprintf("@call%d@", i), id)
	}
	for i, id := range a.items {
		pairs = append(pairs, fmt.Sprintf("@item%d@", i), id)
	}
	return pairs
}

// talked plays both requests of a recorded conversation and returns what they
// were answered.
func (w *scarWorld) talked(t *testing.T, path, name, up string) (first, second heardAnswer) {
	t.Helper()
	first = hears(t, path, w.recorded(t, path, name+"-1", up))
	second = hears(t, path, w.recorded(t, path, name+"-2", up, first.places()...))
	return first, second
}

// digestOf is what the upstream says it was sent.
func digestOf(t *testing.T, text string) fakeupstream.Digest {
	t.Helper()
	return parsed[fakeupstream.Digest](t, text)
}

// upstreams calls f for each of the four providers but those left out.
func upstreams(t *testing.T, f func(t *testing.T, up string), without ...string) {
	t.Helper()
	for _, up := range []string{"chat", "responses", "messages", "gemini"} {
		if !slices.Contains(without, up) {
			t.Run(up, func(t *testing.T) { f(t, up) })
		}
	}
}

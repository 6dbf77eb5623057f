package relay_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
)

// shelf is a store of responses; what the tests do not call is not there.
type shelf struct {
	conversation.Store
	mu   sync.Mutex
	kept []conversation.Entry
	fail error
}

// PutResponse keeps a copy.
func (s *shelf) PutResponse(_ context.Context, e *conversation.Entry, _ conversation.Limits) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := *e
	c.Input, c.Body = append([]byte(nil), e.Input...), append([]byte(nil), e.Body...)
	s.kept = append(s.kept, c)
	return s.fail
}

// Chain returns the response alone.
func (s *shelf) Chain(_ context.Context, tenant, id string, _ time.Time, _ conversation.Bound) ([]conversation.Turn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	for _, e := range s.kept {
		if e.ID == id && e.Tenant == tenant {
			return []conversation.Turn{{Response: e.Response, Output: e.Body[e.Output.Start : e.Output.Start+e.Output.Len]}}, nil
		}
	}
	return nil, conversation.ErrNotFound
}

func (s *shelf) entries() []conversation.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]conversation.Entry(nil), s.kept...)
}

func stateful(t *testing.T, change ...func(*setup)) (*world, *fakeupstream.Server, *shelf) {
	t.Helper()
	s := &shelf{}
	w, up := newWorld(t, append([]func(*setup){func(o *setup) {
		o.states = conversation.New(s, conversation.Options{})
		o.speaks = map[string][]llm.Protocol{"up": {llm.OpenAIResponses}}
	}}, change...)...)
	return w, up, s
}

const (
	respCreated = "event: response.created\ndata: " + `{"type":"response.created","sequence_number":0,"response":{"id":"resp_up1","object":"response","created_at":1,"status":"in_progress","model":"served","output":[]}}` + "\n\n"
	respAdded   = "event: response.output_item.added\ndata: " + `{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}` + "\n\n"
	respPart    = "event: response.content_part.added\ndata: " + `{"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}` + "\n\n"
	respDelta   = "event: response.output_text.delta\ndata: " + `{"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"hello"}` + "\n\n"
	respItem    = `{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"hello","annotations":[]}]}`
	respDoc     = `{"id":"resp_up1","object":"response","created_at":1,"status":"completed","model":"served","output":[` + respItem + `],"usage":{"input_tokens":4,"output_tokens":2,"total_tokens":6}}`
	respDone    = "event: response.completed\ndata: " + `{"type":"response.completed","sequence_number":4,"response":` + respDoc + `}` + "\n\n"
)

// A stream that is kept lasts longer than the client's bytes are needed for
// another target, but not longer than they are needed for keeping.
func TestWhatIsKeptIsTheClientsOwn(t *testing.T) {
	w, up, kept := stateful(t)
	gate := make(chan struct{})
	open := respCreated + respAdded + respPart + respDelta
	up.Script(fakeupstream.StallAfter(len(open), gate, fakeupstream.SSE(respCreated, respAdded, respPart, respDelta, respDone)))
	up.Fallback(fakeupstream.JSON(500, `{}`))
	body := func(letter string) string {
		return `{"model":"m","stream":true,"input":[{"role":"user","content":"` + strings.Repeat(letter, 3000) + `"}]}`
	}
	resp, err := w.client.Do(w.request(t.Context(), http.MethodPost, "/v1/responses", body("a")))
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = resp.Body.Read(make([]byte, 10))
	require.NoError(t, err)
	for range 40 { // another client's requests, which take what buffers there are
		w.post("/v1/responses", body("b"))
		w.record()
	}
	close(gate)
	require.Equal(t, record.StatusOK, w.record().Status)
	all := kept.entries()
	require.Len(t, all, 1)
	require.NotContains(t, string(all[0].Input), "bbb", "the bytes of another request were kept")
	require.Contains(t, string(all[0].Input), strings.Repeat("a", 3000))
}

// What a provider has not is told it, once, and nothing is tried for a client that has gone.
func TestAProviderThatForgot(t *testing.T) {
	w, up, _ := stateful(t)
	up.Script(fakeupstream.JSON(200, respDoc))
	require.Equal(t, 200, w.post("/v1/responses", `{"model":"m","input":"one"}`).StatusCode)
	w.only()
	const forgot = `{"error":{"message":"Previous response with id 'resp_up1' not found.","type":"invalid_request_error","param":"previous_response_id","code":"previous_response_not_found"}}`
	up.Script(fakeupstream.JSON(400, forgot), fakeupstream.JSON(200, strings.ReplaceAll(respDoc, "resp_up1", "resp_up2")))
	r := w.post("/v1/responses", `{"model":"m","previous_response_id":"resp_up1","input":"two"}`)
	require.Equal(t, 200, r.StatusCode, r.body)
	rec := w.only()
	require.Equal(t, 2, rec.Attempts, "both were sent")
	sent := up.Requests()
	require.Len(t, sent, 3)
	require.Contains(t, string(sent[1].Body), "previous_response_id")
	require.NotContains(t, string(sent[2].Body), "previous_response_id")
	require.Contains(t, string(sent[2].Body), "hello")
	up.Fallback(fakeupstream.JSON(400, forgot))
	r = w.post("/v1/responses", `{"model":"m","previous_response_id":"resp_up1","input":"two"}`)
	require.Equal(t, 400, r.StatusCode)
	require.Len(t, up.Requests(), 5, "once is enough")
	require.Equal(t, 2, w.only().Attempts)
}

func TestABrokenStoreIsToldClearly(t *testing.T) {
	w, up, kept := stateful(t)
	kept.fail = errors.New("disk /var/lib/secret is gone")
	up.Script(fakeupstream.JSON(200, respDoc))
	require.Equal(t, 200, w.post("/v1/responses", `{"model":"m","input":"one"}`).StatusCode, "the answer is none the worse")
	w.only()
	w.fails(w.post("/v1/responses", `{"model":"m","previous_response_id":"resp_up1","input":"two"}`), 500, "state_unavailable")
	require.Equal(t, record.StatusRefused, w.only().Status)
}

// A converted response is kept in whatever form it came and went, under the id
// the client was told, and continues.
func TestConvertedResponsesAreKept(t *testing.T) {
	for _, out := range []llm.Protocol{llm.AnthropicMessages, llm.OpenAIChat, llm.Gemini} {
		w, up, kept := stateful(t, func(s *setup) { s.speaks = map[string][]llm.Protocol{"up": {out}} })
		doc, stream := answersOf(out)
		for i, h := range []http.Handler{doc, stream, doc, stream, fakeupstream.Drip(stream)} {
			up.Script(h, doc)
			r := w.ask(llm.OpenAIResponses, i > 1)
			require.Equal(t, 200, r.StatusCode, r.body)
			w.only()
			all := kept.entries()
			require.Len(t, all, 2*i+1, "%s %d", out, i)
			last := all[2*i]
			require.Contains(t, r.body, last.ID)
			require.Equal(t, "completed", last.Status)
			require.False(t, last.Native)
			require.Contains(t, string(last.Body), "hello")
			require.Contains(t, string(last.Input), "hi")
			r = w.post("/v1/responses", `{"model":"m","input":"and then?","previous_response_id":"`+last.ID+`"}`)
			require.Equal(t, 200, r.StatusCode, r.body)
			require.Contains(t, r.body, `"previous_response_id":"`+last.ID+`"`)
			w.only()
			sent := up.Requests()
			require.Contains(t, string(sent[len(sent)-1].Body), "hello")
		}
		w.post("/v1/responses", `{"model":"m","input":"x","store":false}`)
		w.only()
		require.Len(t, kept.entries(), 10, "store:false")
	}
}

// The bytes that go to an upstream are the request's own for as long as a
// transport may read them.
func TestNobodyElsesBytesInAConvertedRequest(t *testing.T) {
	for in, c := range clients() {
		for _, out := range []llm.Protocol{llm.OpenAIChat, llm.AnthropicMessages, llm.OpenAIResponses, llm.Gemini, llm.Ollama} {
			if in == out {
				continue
			}
			late := &lateReader{bodies: make(chan *http.Request, 100), answer: func() (*http.Response, error) { return nil, errors.New("gone") }}
			w, _ := speaking(t, out, func(s *setup) { s.transport = map[string]http.RoundTripper{"up": late} })
			path := c.path
			if in == llm.Gemini {
				path += "generateContent"
			}
			body := func(letter string) string {
				return strings.Replace(c.whole, `"hi"`, `"`+strings.Repeat(letter, 3000)+`"`, 1)
			}
			w.post(path, body("a"))
			w.record()
			if len(late.bodies) == 0 {
				continue // cannot be converted
			}
			req := <-late.bodies
			for range 20 {
				w.post(path, body("b"))
				w.record()
			}
			got, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			require.NotContains(t, string(got), "bbb", "%s to %s", in, out)
			require.Contains(t, string(got), strings.Repeat("a", 3000), "%s to %s", in, out)
		}
	}
}

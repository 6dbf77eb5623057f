package wiretest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wiretest"
)

// answer is one recorded answer, whole or as a stream.
type answer struct {
	name     string
	protocol llm.Protocol
	body     []byte
	stream   bool
}

// Every recorded answer is told in every protocol the same whole and as a
// stream, and what is lost is named.
func TestAnswersInEveryProtocol(t *testing.T) {
	for _, a := range append(own(t), shared(t)...) {
		for _, to := range codecs() {
			t.Run(a.name+"/"+string(to.Protocol()), func(t *testing.T) {
				resp, events := decode(t, a)
				if resp == nil {
					return // it failed, or is no answer
				}
				wiretest.CheckAnswer(t, resp, events, to, to, wiretest.Whole)
				wiretest.CheckAnswer(t, resp, events, to, to, func(int) int { return 7 })
			})
		}
	}
}

// decode reads an answer with its protocol's codec; nil when it says that it failed.
func decode(t *testing.T, a answer) (*llm.Response, []*llm.Event) {
	t.Helper()
	c := codecOf(t, a.protocol)
	if !a.stream {
		var body bytes.Buffer
		require.NoError(t, json.Compact(&body, a.body))
		resp, err := c.DecodeResponse(body.Bytes(), wire.Target{})
		if err != nil {
			return nil, nil
		}
		return resp, wiretest.Events(resp)
	}
	events, err := wiretest.DecodeStream(c, a.body, wiretest.Whole)
	require.NoError(t, err)
	resp, err := wiretest.FoldEvents(events)
	if err != nil {
		return nil, nil
	}
	return resp, events
}

func codecOf(t *testing.T, p llm.Protocol) wiretest.Codec {
	t.Helper()
	for _, c := range codecs() {
		if c.Protocol() == p {
			return c
		}
	}
	require.Fail(t, "no codec", p)
	return nil
}

// own are the answers in testdata.
func own(t *testing.T) []answer {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "answers", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var out []answer
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		name := filepath.Base(p)
		protocol := strings.TrimSuffix(name, filepath.Ext(name))
		out = append(out, answer{name, llm.Protocol(protocol), b, filepath.Ext(name) == ".sse"})
	}
	return out
}

// endpoints tell the protocol of a recording by its request's URL.
var endpoints = []struct {
	part     string
	protocol llm.Protocol
}{
	{"/chat/completions", llm.OpenAIChat},
	{"/v1/responses", llm.OpenAIResponses},
	{"/v1/messages", llm.AnthropicMessages},
	{"enerateContent", llm.Gemini},
}

// cassette is a recording with its requests.
type cassette struct {
	Interactions []struct {
		Request  struct{ URL string }
		Response struct {
			Status int
			Body   json.RawMessage
			SSE    string
		}
	}
}

// shared are the answers recorded from vendors, where they are at hand.
func shared(t *testing.T) []answer {
	t.Helper()
	paths, err := filepath.Glob("../../../../shared/fixtures/*/*")
	require.NoError(t, err)
	var out []answer
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		name := filepath.Base(filepath.Dir(p)) + "/" + filepath.Base(p)
		if strings.HasSuffix(p, ".cassette.json") {
			out = append(out, ofCassette(t, name, b)...)
			continue
		}
		protocol := protocolOf(b)
		switch {
		case protocol == "":
		case strings.HasSuffix(p, ".jsonl"):
			out = append(out, answer{name, protocol, framed(protocol, b), true})
		case strings.HasSuffix(p, ".sse"):
			out = append(out, answer{name, protocol, b, true})
		case strings.HasSuffix(p, ".json"):
			out = append(out, answer{name, protocol, b, false})
		}
	}
	return out
}

func ofCassette(t *testing.T, name string, b []byte) []answer {
	t.Helper()
	var c cassette
	require.NoError(t, json.Unmarshal(b, &c), name)
	var out []answer
	for _, x := range c.Interactions {
		for _, e := range endpoints {
			switch {
			case !strings.Contains(x.Request.URL, e.part), x.Response.Status >= 400, strings.Contains(x.Request.URL, "compact"), strings.Contains(x.Request.URL, "count_tokens"):
			case x.Response.SSE != "":
				out = append(out, answer{name, e.protocol, []byte(x.Response.SSE), true})
			case len(x.Response.Body) > 0:
				out = append(out, answer{name, e.protocol, x.Response.Body, false})
			}
		}
	}
	return out
}

// protocolOf tells the protocol of a body or of a stream's payloads; "" for
// those of other protocols.
func protocolOf(b []byte) llm.Protocol {
	for _, known := range []struct {
		mark     string
		protocol llm.Protocol
	}{
		{`"chat.completion`, llm.OpenAIChat},
		{`"response.created"`, llm.OpenAIResponses},
		{`"object":"response"`, llm.OpenAIResponses},
		{`"message_start"`, llm.AnthropicMessages},
		{`"stop_reason"`, llm.AnthropicMessages},
		{`"candidates"`, llm.Gemini},
	} {
		if bytes.Contains(bytes.ReplaceAll(b, []byte(`": "`), []byte(`":"`)), []byte(known.mark)) {
			return known.protocol
		}
	}
	return ""
}

// framed makes a stream of payloads, one a line.
func framed(p llm.Protocol, lines []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(lines) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		var typed struct{ Type string }
		if json.Unmarshal(line, &typed) == nil && typed.Type != "" {
			b.WriteString("event: " + typed.Type + "\n")
		}
		b.WriteString("data: " + string(line) + "\n\n")
	}
	if p == llm.OpenAIChat {
		b.WriteString("data: [DONE]\n\n")
	}
	return b.Bytes()
}

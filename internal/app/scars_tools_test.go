package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

const (
	responsesCreated = `{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1,"status":"in_progress","model":"gpt-5.2","output":[]}}`
	callAdded        = `{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"fc_1","type":"function_call","status":"in_progress","call_id":"call_1","name":"get_weather","arguments":""}}`
	callItem         = `{"id":"fc_1","type":"function_call","status":"completed","call_id":"call_1","name":"get_weather","arguments":"{\"city\":\"Paris\"}"}`
	callDone         = `{"type":"response.output_item.done","sequence_number":8,"output_index":0,"item":` + callItem + `}`
	responsesEnd     = `{"type":"response.completed","sequence_number":9,"response":{"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"gpt-5.2","output":[` + callItem + `],"usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}}}`
)

// TestScarA1ToolInputSurvivesFromResponsesUpstream: wherever a Responses
// upstream tells the arguments of a call, Claude Code and the others get them.
// BerriAI/litellm#25321.
func TestScarA1ToolInputSurvivesFromResponsesUpstream(t *testing.T) {
	t.Parallel()
	w := scars(t)
	told := map[string][]string{
		"only in done":      {callAdded, `{"type":"response.function_call_arguments.done","sequence_number":2,"output_index":0,"item_id":"fc_1","arguments":"{\"city\":\"Paris\"}"}`},
		"only in the item":  {callAdded, callDone},
		"only at the end":   {callAdded},
		"in a single event": {callDone},
		"in deltas": {
			callAdded,
			`{"type":"response.function_call_arguments.delta","sequence_number":2,"output_index":0,"item_id":"fc_1","delta":"{\"city\":"}`,
			`{"type":"response.function_call_arguments.delta","sequence_number":3,"output_index":0,"item_id":"fc_1","delta":"\"Paris\"}"}`,
			`{"type":"response.function_call_arguments.done","sequence_number":4,"output_index":0,"item_id":"fc_1","arguments":"{\"city\":\"Paris\"}"}`, callDone,
		},
	}
	abroad(t, "responses", func(t *testing.T, c spoken) {
		for name, middle := range told {
			t.Run(name, func(t *testing.T) {
				w.ups["responses"].Script(fakeupstream.SSE(events(append(append([]string{responsesCreated}, middle...), responsesEnd)...)...))
				h := w.stream(t, c, "responses", "go", c.tools)
				require.Len(t, h.calls, 1)
				require.Equal(t, "get_weather", h.calls[0].name)
				require.JSONEq(t, `{"city":"Paris"}`, h.calls[0].args)
			})
		}
	})
}

// thinkingChat is a chat stream as DeepSeek and its like make it.
func thinkingChat() http.Handler {
	return fakeupstream.SSE(
		chatChunk(`{"role":"assistant","content":null,"reasoning_content":""}`, "null"),
		chatChunk(`{"content":null,"reasoning_content":"I think "}`, "null"),
		chatChunk(`{"content":null,"reasoning_content":"so."}`, "null"),
		chatChunk(`{"content":"It is ","reasoning_content":null}`, "null"),
		chatChunk(`{"content":"so."}`, "null"),
		chatChunk(`{"content":""}`, "stop"), chatDone)
}

// TestScarA2ReasoningIsABlockOfItsOwn: one message_start, thinking in thinking
// blocks, text in text blocks. BerriAI/litellm#32357.
func TestScarA2ReasoningIsABlockOfItsOwn(t *testing.T) {
	t.Parallel()
	w := scars(t)
	w.ups["chat"].Script(thinkingChat())
	c := spokenBy(t, "messages")
	h := w.stream(t, c, "chat", "go")
	require.Equal(t, "I think so.", h.thinking)
	require.Equal(t, "It is so.", h.text)
	for _, up := range []string{"responses", "gemini"} {
		h := w.stream(t, c, up, "[[think]]", c.think)
		require.Equal(t, fakeupstream.StrictThought, h.thinking)
		require.Equal(t, fakeupstream.StrictHello, h.text)
	}
}

// TestScarA3EveryDeltaHasItsBlock: Claude Code never meets a delta whose block
// it does not know, whatever the upstream interleaves. BerriAI/litellm#13373.
func TestScarA3EveryDeltaHasItsBlock(t *testing.T) {
	t.Parallel()
	w := scars(t)
	abroadOf := map[string][]string{
		"[[parallel]]":   {`{"city":"Paris"}`, `{"city":"Rome"}`},
		"[[think+call]]": {`{"city":"Paris"}`},
		"[[empty-args]]": {`{}`},
		"[[split+call]]": nil,
		"[[say:well]]":   {},
	}
	for _, c := range protocols() {
		for up := range w.ups {
			for text, want := range abroadOf {
				think := c.think
				if up == "chat" { // gpt-4.1 does not think
					think = ""
				}
				t.Run(c.name+"→"+up+"/"+text, func(t *testing.T) {
					h := w.stream(t, c, up, text, c.tools, think)
					if want == nil {
						require.Len(t, h.calls, 1)
						return
					}
					require.Len(t, h.calls, len(want))
					for i := range want {
						require.JSONEq(t, want[i], h.calls[i].args)
					}
				})
			}
		}
	}
}

// azureOpening is what Azure sends first.
const azureOpening = `data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}` + "\n\n"

// TestScarA4ChunksWithoutChoices: BerriAI/litellm#35785.
func TestScarA4ChunksWithoutChoices(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range protocols() {
		t.Run(c.name, func(t *testing.T) {
			w.ups["chat"].Script(fakeupstream.SSE(
				azureOpening,
				chatChunk(chatRole, "null"), chatChunk(`{"content":"hello"}`, "null"), chatChunk(`{}`, "stop"),
				`data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4.1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}`+"\n\n",
				chatDone))
			h := w.stream(t, c, "chat", "hi")
			require.Equal(t, "hello", h.text)
			row := w.record(t, h.head)
			require.Equal(t, "ok", row["status"])
			tokens, ok := row["tokens"].(map[string]any)
			require.True(t, ok)
			require.InDelta(t, 11, tokens["total"], 0)
		})
	}
}

// TestScarA5ParallelCallsStayApart: calls that come without an index, under
// the same one or with gaps between them, and calls without arguments.
// BerriAI/litellm#15307, #12973.
func TestScarA5ParallelCallsStayApart(t *testing.T) {
	t.Parallel()
	w := scars(t)
	one := func(index, id, args string) string {
		return `{` + index + `"id":"` + id + `","type":"function","function":{"name":"get_weather"` + args + `}}`
	}
	calls := func(list ...string) string { return `{"tool_calls":[` + strings.Join(list, ",") + `]}` }
	const paris, rome = `,"arguments":"{\"city\":\"Paris\"}"`, `,"arguments":"{\"city\":\"Rome\"}"`
	tests := map[string]struct {
		frames []string
		want   []string
	}{
		"without an index":  {[]string{calls(one("", "call_a", paris)), calls(one("", "call_b", rome))}, []string{`{"city":"Paris"}`, `{"city":"Rome"}`}},
		"in one chunk":      {[]string{calls(one("", "call_a", paris), one("", "call_b", rome))}, []string{`{"city":"Paris"}`, `{"city":"Rome"}`}},
		"under one index":   {[]string{calls(one(`"index":0,`, "call_a", paris)), calls(one(`"index":0,`, "call_b", rome))}, []string{`{"city":"Paris"}`, `{"city":"Rome"}`}},
		"with gaps":         {[]string{calls(one(`"index":1,`, "call_a", paris)), calls(one(`"index":4,`, "call_b", rome))}, []string{`{"city":"Paris"}`, `{"city":"Rome"}`}},
		"empty arguments":   {[]string{calls(one(`"index":0,`, "call_a", `,"arguments":""`)), calls(one(`"index":1,`, "call_b", rome))}, []string{`{}`, `{"city":"Rome"}`}},
		"null arguments":    {[]string{calls(one(`"index":0,`, "call_a", `,"arguments":null`)), calls(one(`"index":1,`, "call_b", rome))}, []string{`{}`, `{"city":"Rome"}`}},
		"without arguments": {[]string{calls(one(`"index":0,`, "call_a", ``)), calls(one(`"index":1,`, "call_b", rome))}, []string{`{}`, `{"city":"Rome"}`}},
		"interleaved": {[]string{
			calls(one(`"index":0,`, "call_a", `,"arguments":""`)), calls(one(`"index":1,`, "call_b", `,"arguments":""`)),
			calls(`{"index":1,"function":{"arguments":"{\"city\":"}}`), calls(`{"index":0,"function":{"arguments":"{\"city\":"}}`),
			calls(`{"index":0,"function":{"arguments":"\"Paris\"}"}}`), calls(`{"index":1,"function":{"arguments":"\"Rome\"}"}}`),
		}, []string{`{"city":"Paris"}`, `{"city":"Rome"}`}},
	}
	abroad(t, "chat", func(t *testing.T, c spoken) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				frames := []string{chatChunk(chatRole, "null")}
				for _, f := range tt.frames {
					frames = append(frames, chatChunk(f, "null"))
				}
				w.ups["chat"].Script(fakeupstream.SSE(append(frames, chatChunk(`{}`, "tool_calls"), chatDone)...))
				h := w.stream(t, c, "chat", "go", c.tools)
				require.Len(t, h.calls, 2)
				for i, want := range tt.want {
					require.JSONEq(t, want, h.calls[i].args)
				}
				require.False(t, h.calls[0].id != "" && h.calls[0].id == h.calls[1].id)
			})
		}
	})
}

// TestScarA6ToolArgumentsOfOpenRouter: comments between the events, a role and
// empty content in every chunk, and usage with a choice in the last one.
// maximhq/bifrost#1354.
func TestScarA6ToolArgumentsOfOpenRouter(t *testing.T) {
	t.Parallel()
	w := scars(t)
	chunk := func(delta, finish string) string {
		return strings.Replace(chatChunk(`{"role":"assistant","content":"",`+delta+`}`, finish), `"id":"chatcmpl-1"`, `"id":"gen-1","provider":"Anthropic"`, 1)
	}
	abroad(t, "chat", func(t *testing.T, c spoken) {
		w.ups["chat"].Script(fakeupstream.SSE(
			": OPENROUTER PROCESSING\n\n", ": OPENROUTER PROCESSING\n\n",
			chunk(`"tool_calls":[{"index":0,"id":"toolu_1","type":"function","function":{"name":"get_weather","arguments":""}}]`, "null"),
			": OPENROUTER PROCESSING\n\n",
			chunk(`"tool_calls":[{"index":0,"type":"function","function":{"arguments":"{\"city\""}}]`, "null"),
			chunk(`"tool_calls":[{"index":0,"type":"function","function":{"name":null,"arguments":": \"Paris\"}"}}]`, "null"),
			chunk(`"reasoning":null`, "tool_calls"),
			strings.Replace(chunk(`"reasoning":null`, "null"), `"choices"`, `"usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11,"cost":0.001},"choices"`, 1),
			chatDone))
		h := w.stream(t, c, "chat", "go", c.tools)
		require.Len(t, h.calls, 1)
		require.JSONEq(t, `{"city":"Paris"}`, h.calls[0].args)
		require.Contains(t, w.record(t, h.head), "tokens")
	})
}

// TestScarA7StreamsFlowAndTellEverythingOnce: what the upstream has said is
// with the client before the upstream says more, in both lanes, and no text
// and no end comes twice. maximhq/bifrost#2188, #2250, #2296.
func TestScarA7StreamsFlowAndTellEverythingOnce(t *testing.T) {
	t.Parallel()
	w := scars(t)
	frames := map[string][]string{
		"chat": {chatChunk(chatRole, "null"), chatChunk(`{"content":"first"}`, "null"), chatChunk(`{"content":"second"}`, "null"), chatChunk(`{}`, "stop"), chatDone},
		"messages": events(
			`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"first"}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"second"}}`,
			`{"type":"content_block_stop","index":0}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}`,
			`{"type":"message_stop"}`),
	}
	for up, frames := range frames {
		for _, c := range protocols() {
			t.Run(c.name+"→"+up, func(t *testing.T) {
				gate := make(chan struct{}, len(frames))
				w.ups[up].Script(fakeupstream.GatedSSE(gate, frames...))
				for _, f := range frames {
					gate <- struct{}{}
					if strings.Contains(f, "first") {
						break
					}
				}
				resp := w.begin(t, c.path(w.ups[up].alias, true), c.body(w.ups[up].alias, "hi", true))
				defer resp.Body.Close()
				var got strings.Builder
				for buf := make([]byte, 1024); !strings.Contains(got.String(), "first"); {
					n, err := resp.Body.Read(buf)
					require.NoError(t, err, got.String())
					got.Write(buf[:n])
				}
				close(gate)
				for buf := make([]byte, 1024); ; {
					n, err := resp.Body.Read(buf)
					got.Write(buf[:n])
					if err != nil {
						break
					}
				}
				require.Equal(t, "firstsecond", c.heard(t, got.String()).text)
			})
		}
	}
}

// TestScarA8CharactersAreNeverCut: the upstream's bytes come one by one.
// musistudio/claude-code-router#1672.
func TestScarA8CharactersAreNeverCut(t *testing.T) {
	t.Parallel()
	w := scars(t)
	w.ups["chat"].Fallback(fakeupstream.Drip(fakeupstream.StrictOpenAIChat()))
	w.ups["responses"].Fallback(fakeupstream.Drip(fakeupstream.StrictResponses()))
	w.ups["messages"].Fallback(fakeupstream.Drip(fakeupstream.StrictAnthropic()))
	w.ups["gemini"].Fallback(fakeupstream.Drip(fakeupstream.StrictGemini()))
	for _, c := range protocols() {
		for up := range w.ups {
			t.Run(c.name+"→"+up, func(t *testing.T) {
				h := w.stream(t, c, up, "[[split]]")
				require.True(t, utf8.ValidString(h.body))
				require.Equal(t, fakeupstream.StrictSplit, h.text)
				h = w.stream(t, c, up, "[[split+call]]", c.tools)
				require.Equal(t, fakeupstream.StrictCity, parsed[struct{ City string }](t, h.calls[0].args).City)
			})
		}
	}
}

// TestScarA9FramesInEveryForm: SSE as the standard allows it and not as most
// write it. envoyproxy/ai-gateway#2470, #2155, #2392, #2554.
func TestScarA9FramesInEveryForm(t *testing.T) {
	t.Parallel()
	w := scars(t)
	plain := []string{chatChunk(chatRole, "null"), chatChunk(`{"content":"hello"}`, "null"), chatChunk(`{}`, "stop"), chatDone}
	forms := map[string]func(frame string) string{
		"no space":     func(f string) string { return strings.ReplaceAll(f, "data: ", "data:") },
		"CRLF":         func(f string) string { return strings.ReplaceAll(f, "\n", "\r\n") },
		"CR":           func(f string) string { return strings.ReplaceAll(f, "\n", "\r") },
		"other fields": func(f string) string { return ": hi\nid: 7\nretry: 10\nunknown: x\n" + f },
		"two lines":    func(f string) string { return strings.Replace(f, `{"id"`, "{\ndata: "+`"id"`, 1) },
	}
	abroad(t, "chat", func(t *testing.T, c spoken) {
		for name, form := range forms {
			t.Run(name, func(t *testing.T) {
				var frames []string
				for _, f := range plain {
					frames = append(frames, form(f))
				}
				w.ups["chat"].Script(fakeupstream.SSE(frames...))
				require.Equal(t, "hello", w.stream(t, c, "chat", "hi").text)
			})
		}
		t.Run("byte order mark", func(t *testing.T) {
			w.ups["chat"].Script(fakeupstream.SSE(append([]string{"\ufeff" + plain[0]}, plain[1:]...)...))
			require.Equal(t, "hello", w.stream(t, c, "chat", "hi").text)
		})
		t.Run("no blank line at the end", func(t *testing.T) {
			w.ups["chat"].Script(fakeupstream.SSE(append(plain[:3:3], "data: [DONE]")...))
			require.Equal(t, "hello", w.stream(t, c, "chat", "hi").text)
		})
	})
}

// TestScarA9HeadersFitTheBodyThatIsSent: an upstream that encodes its answer,
// and a length that was that of another body.
func TestScarA9HeadersFitTheBodyThatIsSent(t *testing.T) {
	t.Parallel()
	w := scars(t)
	plain := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	for up, strict := range map[string]http.Handler{"chat": fakeupstream.StrictOpenAIChat(), "messages": fakeupstream.StrictAnthropic()} {
		abroad(t, up, func(t *testing.T, c spoken) {
			for _, stream := range []bool{false, true} {
				w.ups[up].Script(fakeupstream.Gzip(strict))
				req, err := http.NewRequestWithContext(within(t), http.MethodPost, w.base+c.path(w.ups[up].alias, stream), strings.NewReader(c.body(w.ups[up].alias, "[[say:hello]]", stream)))
				require.NoError(t, err)
				req.Header.Set("Authorization", "Bearer "+testKey)
				resp, err := plain.Do(req)
				require.NoError(t, err)
				defer resp.Body.Close()
				var b strings.Builder
				_, err = io.Copy(&b, resp.Body)
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, resp.StatusCode, b.String())
				require.Empty(t, resp.Header.Get("Content-Encoding"))
				require.Contains(t, b.String(), "hello")
				if resp.ContentLength >= 0 {
					require.Equal(t, resp.ContentLength, int64(b.Len()))
				}
			}
		})
	}
}

// TestScarA10TheFirstChunkSaysWhoSpeaks, also where the upstream does not.
// Portkey-AI/gateway#1399.
func TestScarA10TheFirstChunkSaysWhoSpeaks(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range protocols() {
		for up := range w.ups { // the readers of streams demand the role
			require.Equal(t, "hello", w.stream(t, c, up, "[[say:hello]]").text)
		}
	}
	abroad(t, "chat", func(t *testing.T, c spoken) {
		w.ups["chat"].Script(fakeupstream.SSE(chatChunk(`{"content":"hello"}`, "null"), chatChunk(`{}`, "stop"), chatDone))
		require.Equal(t, "hello", w.stream(t, c, "chat", "hi").text)
	})
	abroad(t, "messages", func(t *testing.T, c spoken) {
		w.ups["messages"].Script(fakeupstream.SSE(events(
			`{"type":"message_start","message":{"id":"msg_1","content":[],"model":"claude","usage":{"input_tokens":3,"output_tokens":1}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hello"}}`,
			`{"type":"content_block_stop","index":0}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}`, `{"type":"message_stop"}`)...))
		require.Equal(t, "hello", w.stream(t, c, "messages", "hi").text)
	})
}

// TestScarA11EndsOfStreams: router-for-me/CLIProxyAPI.
func TestScarA11EndsOfStreams(t *testing.T) {
	t.Parallel()
	w := scars(t)
	role, hello, stop := chatChunk(chatRole, "null"), chatChunk(`{"content":"hello"}`, "null"), chatChunk(`{}`, "stop")
	begun := chatChunk(`{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Pa"}}]}`, "null")
	abroad(t, "chat", func(t *testing.T, c spoken) {
		t.Run("nothing behind the end", func(t *testing.T) {
			w.ups["chat"].Script(fakeupstream.SSE(role, hello, stop, chatDone, hello, chatDone))
			require.Equal(t, "hello", w.stream(t, c, "chat", "hi").text)
		})
		for name, frames := range map[string][]string{"in text": {role, hello}, "in a call": {role, begun}} {
			t.Run("cut off "+name, func(t *testing.T) {
				w.ups["chat"].Script(fakeupstream.SSE(frames...))
				r := w.post(t, c.path("to-chat", true), c.body("to-chat", "hi", true, c.tools))
				require.Contains(t, r.body, "error")
				if name == "in a call" {
					require.NotContains(t, r.body, `"content_block_stop"`, "Claude Code takes a call as whole there")
				}
				for _, end := range []string{`"stop_reason":"`, `"message_stop"`, `"finish_reason":"`, "[DONE]", "response.completed", "response.function_call_arguments.done", `"finishReason"`} {
					require.NotContains(t, r.body, end, "a cut answer looks whole")
				}
				require.Equal(t, "failed", w.record(t, r.head)["status"])
			})
		}
		t.Run("a name that comes late", func(t *testing.T) {
			w.ups["chat"].Script(fakeupstream.SSE(role,
				chatChunk(`{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"","arguments":""}}]}`, "null"),
				chatChunk(`{"tool_calls":[{"index":0,"function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}}]}`, "null"),
				chatChunk(`{}`, "tool_calls"), chatDone))
			h := w.stream(t, c, "chat", "hi", c.tools)
			require.Len(t, h.calls, 1)
			require.Equal(t, "get_weather", h.calls[0].name)
			require.JSONEq(t, `{"city":"Paris"}`, h.calls[0].args)
		})
	})
	abroad(t, "responses", func(t *testing.T, c spoken) {
		t.Run("incomplete is no failure", func(t *testing.T) {
			members := []string{map[string]string{"chat": `"max_tokens":32`, "gemini": `"generationConfig":{"maxOutputTokens":32}`}[c.name]}
			h := w.stream(t, c, "responses", "[[long]]", members...)
			require.Contains(t, []string{"length", "max_tokens", "MAX_TOKENS"}, h.finish)
			require.Equal(t, "ok", w.record(t, h.head)["status"])
		})
		t.Run("keep-alives", func(t *testing.T) {
			frames := append([]string{": keep-alive\n\n", "event: keepalive\ndata: {\"type\":\"keepalive\",\"sequence_number\":1}\n\n", "data:\n\n"}, events(responsesCreated, callAdded, callDone)...)
			w.ups["responses"].Script(fakeupstream.SSE(append(append(frames, ": keep-alive\n\n", "data: {\"type\":\"ping\"}\n\n"), event(responsesEnd))...))
			require.Len(t, w.stream(t, c, "responses", "hi", c.tools).calls, 1)
		})
	})
}

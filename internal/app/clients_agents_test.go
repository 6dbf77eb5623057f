package app_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// The tests named TestAgent… send what coding agents were seen to send, with
// long texts cut and most tools left out. testdata/clients has the bodies, as
// those of the libraries (see TestClientOpenAIJS).
//
// Recorded with Claude Code 2.1.197, Codex 0.169.0, Gemini CLI 0.61.0 and
// opencode 1.18.33.

// agent is a coding agent as it speaks one protocol.
type agent struct {
	file   string // NAME of NAME-1.json and NAME-2.json
	speaks string // the protocol, whose upstream gets the bytes as they are
	path   string
	// thinks is how thinking comes back, in the second request.
	thinks string
	tool   string
	other  bool // its own upstream is the other model
	// replays: it asks for thinking and keeps what a proof can be found by.
	replays bool
	heads   []string
}

const (
	codexThinks    = `{"type":"reasoning","id":"@rs@","summary":[{"type":"summary_text","text":"` + fakeupstream.StrictThought + `"}],"content":null,"encrypted_content":"@proof@"},`
	claudeThinks   = `{"type":"thinking","thinking":"` + fakeupstream.StrictThought + `","signature":"@signature@"},`
	geminiPathSSE  = "/v1beta/models/@model@:streamGenerateContent?alt=sse"
	claudeCodePath = messagesPath + "?beta=true"
	// skipsValidator is what Gemini CLI writes where it has no signature.
	skipsValidator = "skip_thought_signature_validator"
)

func agents() []agent {
	claude := []string{"Anthropic-Version", "2023-06-01", "Anthropic-Beta", "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24"}
	return []agent{
		{file: "codex-exec", replays: true, speaks: "responses", path: responsesPath, thinks: codexThinks, tool: "exec_command", heads: []string{"Originator", "codex_exec", "Session-Id", "s1", "Thread-Id", "s1"}},
		{file: "claude-code-budget", replays: true, speaks: "messages", path: claudeCodePath, thinks: claudeThinks, tool: "Read", heads: claude},
		{file: "claude-code-adaptive", replays: true, speaks: "messages", path: claudeCodePath, thinks: claudeThinks, tool: "Read", other: true, heads: claude},
		{file: "gemini-cli-level", replays: true, speaks: "gemini", path: geminiPathSSE, tool: "read_file"},
		{file: "opencode-chat", speaks: "chat", path: chatPath, tool: "read", heads: []string{"X-Session-Affinity", "ses_1", "X-Session-Id", "ses_1"}},
		{file: "opencode-responses", replays: true, speaks: "responses", path: responsesPath, tool: "read", thinks: strings.NewReplacer(`"id":"@rs@",`, "", `"content":null,`, "").Replace(codexThinks)},
		{file: "opencode-messages", replays: true, speaks: "messages", path: messagesPath, tool: "read", thinks: claudeThinks},
		{file: "opencode-gemini", speaks: "gemini", path: geminiPathSSE, tool: "read", thinks: `{"text":"` + fakeupstream.StrictThought + `","thought":true},`},
	}
}

// alias is the model the agent asks for to reach an upstream.
func (a agent) alias(up string) string {
	if a.other && up == a.speaks {
		return "to-" + up + "-other"
	}
	return "to-" + up
}

// recordedBody is a recorded request with the model's name in it.
func recordedBody(t *testing.T, name, model string, pairs ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "clients", name+".json"))
	require.NoError(t, err)
	return strings.NewReplacer(append(pairs, "@model@", model)...).Replace(strings.TrimSpace(string(b)))
}

// asks sends a recorded request, which must succeed.
func (w *scarWorld) asks(t *testing.T, a agent, model, body string) *told {
	t.Helper()
	r := w.post(t, strings.Replace(a.path, "@model@", model, 1), body, a.heads...)
	require.Equal(t, http.StatusOK, r.status, r.body)
	return r
}

// found is what a pattern's group matched last, "" when nothing.
func found(pattern, text string) string {
	all := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}

// answered says what the second request brings back of the first answer.
func (a agent) answered(body string) []string {
	signature := found(`"(?:signature|thoughtSignature)":"([^"]+)"`, body)
	proof := found(`"encrypted_content":"([^"]+)"`, body)
	thinks := a.thinks
	if proof == "" && signature == "" && !strings.Contains(body, `"thought":true`) {
		thinks = ""
	}
	pairs := []string{
		"@thinking@", strings.NewReplacer("@rs@", found(`"id":"(rs_[^"]+)"`, body), "@proof@", proof, "@signature@", signature).Replace(thinks),
		"@item@", found(`"id":"((?:fc|ctc)_[^"]+)"`, body),
	}
	switch {
	case signature != "":
		return append(pairs, "@signature@", signature)
	case a.file == "opencode-gemini":
		return append(pairs, `,"thoughtSignature":"@signature@"`, "")
	}
	return append(pairs, "@signature@", skipsValidator)
}

// TestAgentToolLoops: an agent asks, is told to use its tool, and comes back
// with the result and what it was told of the thinking.
func TestAgentToolLoops(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, a := range agents() {
		t.Run(a.file, func(t *testing.T) {
			upstreams(t, func(t *testing.T, up string) { w.toolLoop(t, a, up) })
		})
	}
}

func (w *scarWorld) toolLoop(t *testing.T, a agent, up string) {
	model := a.alias(up)
	body := recordedBody(t, a.file+"-1", model)
	r := w.asks(t, a, model, body)
	w.sentAsIs(t, a, up, body)
	h := spokenBy(t, a.speaks).heard(t, r.body)
	require.Len(t, h.calls, 1, r.body)
	require.Equal(t, a.tool, h.calls[0].name)

	body = recordedBody(t, a.file+"-2", model, append(a.answered(r.body), "@call0@", h.calls[0].id)...)
	second := spokenBy(t, a.speaks).heard(t, w.asks(t, a, model, body).body)
	w.sentAsIs(t, a, up, body)
	require.Contains(t, second.text, "PLEXUSWORD", "the model has read the result")
	if up == a.speaks || a.replays {
		w.proofArrives(t, up)
	}
}

// sentAsIs demands that the agent's own provider got its bytes, but for the
// model's name.
func (w *scarWorld) sentAsIs(t *testing.T, a agent, up, body string) {
	t.Helper()
	if up != a.speaks {
		return
	}
	d := w.ups[up]
	model := d.model
	if a.other {
		model = d.other
	}
	require.Equal(t, strings.Replace(body, `"`+a.alias(up)+`"`, `"`+model+`"`, 1), w.lastSent(t, up))
}

// proofArrives demands that thinking got back to who thought it.
func (w *scarWorld) proofArrives(t *testing.T, up string) {
	t.Helper()
	if proof := map[string]string{"responses": `"encrypted_content":"gAAAA`, "messages": `"signature":"`, "gemini": `"thoughtSignature":"`}[up]; proof != "" {
		require.Contains(t, w.lastSent(t, up), proof)
	}
}

func TestAgentCodex(t *testing.T) {
	t.Parallel()
	w := scars(t)
	codex := agents()[0]
	lastOf := func(t *testing.T, name, up string, pairs ...string) (body, sent string) {
		model := codex.alias(up)
		r := w.asks(t, codex, model, recordedBody(t, name, model, pairs...))
		return r.body, w.lastSent(t, up)
	}
	t.Run("store false, include, client_metadata and the passthrough are its own provider's", func(t *testing.T) {
		unpublished := []string{`"client_metadata":{`, `"internal_chat_message_metadata_passthrough":{`}
		_, sent := lastOf(t, "codex-exec-1", "responses")
		for _, member := range append(unpublished, `"store":false`, `"include":["reasoning.encrypted_content"]`, `"prompt_cache_key":"`, `"type":"tool_search"`, `"type":"web_search"`) {
			require.Contains(t, sent, member)
		}
		upstreams(t, func(t *testing.T, up string) {
			_, sent := lastOf(t, "codex-exec-1", up)
			for _, member := range unpublished {
				require.NotContains(t, sent, member)
			}
		}, "responses")
	})
	t.Run("the system text is a developer message", func(t *testing.T) {
		for up, want := range map[string]string{"chat": `"role":"developer"`, "messages": `"system":[{"type":"text","text":"You are Codex`, "gemini": `"systemInstruction":{"parts":[{"text":"You are Codex`} {
			_, sent := lastOf(t, "codex-exec-1", up)
			require.Contains(t, sent, want)
		}
	})
	t.Run("apply_patch is a custom tool with a grammar", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			body, sent := lastOf(t, "codex-patch", up)
			require.Contains(t, body, `"type":"custom_tool_call"`)
			require.Contains(t, body, `"input":"*** Begin Patch\n*** Add File: a.txt\n+a\n*** End Patch"`)
			if up == "responses" || up == "chat" {
				require.Contains(t, sent, `"syntax":"lark"`)
			}
		})
	})
	t.Run("tools in a namespace", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			body, _ := lastOf(t, "codex-namespace", up, spaced(up)...)
			require.Regexp(t, `"name":"close_agent"`, body)
			require.Regexp(t, `"namespace":"multi_agent_v1"`, body)
		})
	})
	t.Run("the newest models have their tools in an item", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first, _ := lastOf(t, "codex-lite-1", up, spaced(up)...)
			require.Contains(t, first, `"type":"custom_tool_call"`)
			require.Contains(t, first, `"name":"exec"`)
			require.Contains(t, first, `"namespace":"functions"`)
			require.Contains(t, first, `"input":"text(1)"`)
			second, _ := lastOf(t, "codex-lite-2", up, append(spaced(up), "@item@", found(`"id":"(ctc_[^"]+)"`, first), "@call0@", found(`"call_id":"([^"]+)"`, first))...)
			require.Contains(t, second, "PLEXUSWORD")
		})
	})
	t.Run("a WebSocket is refused with 426", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+responsesPath, nil)
		require.NoError(t, err)
		for name, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Openai-Beta": "responses_websockets=2026-02-06", "Authorization": "Bearer " + testKey} {
			req.Header.Set(name, v)
		}
		resp, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusUpgradeRequired, resp.StatusCode)
	})
	t.Run("models are listed", func(t *testing.T) {
		resp, body := w.call(t, http.MethodGet, "/v1/models?client_version=0.169.0", testKey, "")
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Contains(t, body, `"id":"to-responses"`)
	})
	t.Run("its provider learns of the session, nothing of the installation", func(t *testing.T) {
		model := codex.alias("responses")
		more := append([]string{"X-Codex-Turn-Metadata", "{}", "X-Codex-Window-Id", "w:0"}, codex.heads...)
		require.Equal(t, http.StatusOK, w.post(t, codex.path, recordedBody(t, "codex-exec-1", model), more...).status)
		all := w.ups["responses"].Requests()
		head := all[len(all)-1].Header
		require.Equal(t, "codex_exec", head.Get("Originator"))
		require.Equal(t, "s1", head.Get("Session-Id"))
		require.Empty(t, head.Values("X-Codex-Turn-Metadata"))
	})
}

// spaced spells the script's tool as the upstream knows it: without
// namespaces, they are part of the name.
func spaced(up string) []string {
	if up == "responses" {
		return nil
	}
	return []string{"multi_agent_v1.close_agent", "multi_agent_v1__close_agent", "functions.exec", "functions__exec"}
}

func TestAgentClaudeCode(t *testing.T) {
	t.Parallel()
	w := scars(t)
	budget, adaptive := agents()[1], agents()[2]
	sent := func(t *testing.T, a agent, up string) string {
		model := a.alias(up)
		w.asks(t, a, model, recordedBody(t, a.file+"-1", model))
		return w.lastSent(t, up)
	}
	t.Run("HEAD / is answered without a key", func(t *testing.T) {
		resp, _ := w.call(t, http.MethodHead, "/", "", "")
		require.Equal(t, http.StatusOK, resp.StatusCode)
	})
	t.Run("beta in the query and in the header reach its provider", func(t *testing.T) {
		sent(t, adaptive, "messages")
		all := w.ups["messages"].Requests()
		last := all[len(all)-1]
		require.Equal(t, "beta=true", last.Query)
		require.Equal(t, adaptive.heads[3], last.Header.Get("Anthropic-Beta"))
	})
	t.Run("adaptive thinking has an effort", func(t *testing.T) {
		require.Contains(t, sent(t, adaptive, "responses"), `"reasoning":{"effort":"high"`)
		require.Contains(t, sent(t, adaptive, "gemini"), `"thinkingLevel":"HIGH"`)
	})
	t.Run("a budget of 31999 below 32000 tokens is much", func(t *testing.T) {
		require.Contains(t, sent(t, budget, "responses"), `"reasoning":{"effort":"high"`)
		require.Contains(t, sent(t, budget, "gemini"), `"thinkingConfig":{`)
	})
	t.Run("context_management, metadata and marks go nowhere else", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			for _, a := range []agent{budget, adaptive} {
				body := sent(t, a, up)
				for _, member := range []string{"context_management", "cache_control", "device_id", "output_config"} {
					require.NotContains(t, body, member)
				}
			}
		}, "messages")
	})
	t.Run("system messages after the user's stay in their place", func(t *testing.T) {
		require.Regexp(t, `"role":"user".*"role":"(system|developer)","content":"Available agent types`, sent(t, adaptive, "chat"))
		require.Contains(t, sent(t, adaptive, "messages"), `{"role":"system","content":"Available agent types`)
		for _, up := range []string{"responses", "gemini"} {
			require.Contains(t, sent(t, adaptive, up), "Available agent types")
		}
	})
	t.Run("the billing text reaches its own provider", func(t *testing.T) {
		require.Contains(t, sent(t, adaptive, "messages"), "x-anthropic-billing-header: cc_version=")
	})
	t.Run("the answer's model is the one it asked for, or it forgets the thinking", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			model := budget.alias(up)
			r := w.asks(t, budget, model, recordedBody(t, budget.file+"-1", model))
			require.Equal(t, model, found(`"model":"([^"]+)"`, r.body))
		}, "messages")
	})
	t.Run("tokens are counted", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			body := `{"model":"` + budget.alias(up) + `","messages":[{"role":"user","content":"hello"}],"tools":[{"name":"Read","input_schema":{"type":"object"}}]}`
			r := w.post(t, messagesPath+"/count_tokens?beta=true", body, budget.heads...)
			require.Equal(t, http.StatusOK, r.status, r.body)
			require.Positive(t, parsed[struct {
				Tokens int `json:"input_tokens"`
			}](t, r.body).Tokens)
		})
	})
	t.Run("models are listed as Anthropic lists them", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+"/v1/models?limit=1000", nil)
		require.NoError(t, err)
		req.Header.Set("X-Api-Key", testKey)
		req.Header.Set("Anthropic-Version", "2023-06-01")
		resp, err := client.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		require.Equal(t, http.StatusOK, resp.StatusCode)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Contains(t, string(text), `"has_more":false`)
		require.Contains(t, string(text), `"id":"to-messages"`)
	})
}

func TestAgentGeminiCLI(t *testing.T) {
	t.Parallel()
	w := scars(t)
	cli := agents()[3]
	t.Run("older models have a budget", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			model := cli.alias(up)
			if up == "gemini" {
				model += "-other"
			}
			w.asks(t, cli, model, recordedBody(t, "gemini-cli-budget-1", model))
			if want := map[string]string{"responses": `"effort":"medium"`, "messages": `"thinking":{"type":"enabled","budget_tokens":8192`, "gemini": `"thinkingBudget":8192`}[up]; want != "" {
				require.Contains(t, w.lastSent(t, up), want)
			}
		})
	})
	t.Run("the model is chosen by one whose schema has upper-case types", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			model := cli.alias(up)
			r := w.post(t, strings.Replace(geminiPath, "@model@", model, 1), recordedBody(t, "gemini-cli-routing", model))
			require.JSONEq(t, fakeupstream.StrictJSON, hears(t, geminiPath, r).text)
			if up != "gemini" {
				require.Contains(t, w.lastSent(t, up), `"type":"object"`)
				require.NotContains(t, w.lastSent(t, up), "OBJECT")
			}
		})
	})
	t.Run("topK is lost only where nobody knows it", func(t *testing.T) {
		model := cli.alias("gemini")
		w.asks(t, cli, model, recordedBody(t, "gemini-cli-level-1", model))
		require.Contains(t, w.lastSent(t, "gemini"), `"topK":64`)
		r := w.asks(t, cli, cli.alias("chat"), recordedBody(t, "gemini-cli-level-1", "to-chat"))
		require.Contains(t, r.head.Get("X-Plexus-Fidelity"), "dropped:top_k")
	})
	t.Run("a rate limit says when to come back, in its words", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			body := strings.Replace(recordedBody(t, "gemini-cli-routing", cli.alias(up)), "[[json]]", "[[error:429]]", 1)
			r := w.post(t, strings.Replace(geminiPath, "@model@", cli.alias(up), 1), body)
			require.Equal(t, http.StatusTooManyRequests, r.status)
			require.Contains(t, r.body, `"retryDelay":"7s"`)
		})
	})
}

func TestAgentOpencode(t *testing.T) {
	t.Parallel()
	w := scars(t)
	opencode := agents()[4]
	t.Run("a title is asked for in two user messages in a row", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			model := opencode.alias(up)
			r := w.asks(t, opencode, model, recordedBody(t, "opencode-title", model))
			require.Equal(t, "A title", chatStream(t, r.body).text)
		})
	})
	t.Run("its session stays where its prompt is cached", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			model := opencode.alias(up)
			w.asks(t, opencode, model, recordedBody(t, "opencode-chat-1", model))
			all := w.ups[up].Requests()
			require.Equal(t, "ses_1", all[len(all)-1].Header.Get("X-Session-Affinity"))
		})
	})
	t.Run("reasoning models take its max_tokens", func(t *testing.T) {
		model := "to-chat-other"
		w.asks(t, opencode, model, recordedBody(t, "opencode-chat-1", model))
		require.Contains(t, w.lastSent(t, "chat"), `"max_completion_tokens":32000`)
	})
}

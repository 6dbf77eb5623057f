package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// TestScarG43PromptCacheKeysPassAndAreNeverMadeUpPerRequest: looplj/axonhub#2207.
func TestScarG43PromptCacheKeysPassAndAreNeverMadeUpPerRequest(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range protocols() {
		for up, d := range w.ups {
			t.Run(c.name+"→"+up, func(t *testing.T) {
				given := c.name == "chat" || c.name == "responses"
				member := ""
				if given {
					member = `"prompt_cache_key":"session-7"`
				}
				d.Reset()
				for range 2 {
					r := w.post(t, c.path(d.alias, false), c.body(d.alias, "[[say:hi]]", false, member))
					require.Equal(t, http.StatusOK, r.status, r.body)
				}
				sent := w.bodies(up)
				require.Len(t, sent, 2)
				require.Equal(t, sent[0], sent[1], "the same question is asked in the same bytes")
				if given && (up == "chat" || up == "responses") {
					require.Contains(t, sent[0], `"prompt_cache_key":"session-7"`)
				}
			})
		}
	}
}

// prefixOf are the members of a request that a vendor's cache sees, those that
// grow with the conversation last.
var prefixOf = map[string][]string{
	"chat": {"tools", "messages"}, "responses": {"tools", "instructions", "input"},
	"messages": {"tools", "system", "messages"}, "gemini": {"tools", "systemInstruction", "contents"},
}

// requireGrows demands that each request is the one before and more, byte for
// byte, so that the vendor finds it in its cache.
func requireGrows(t *testing.T, up string, bodies []string) {
	t.Helper()
	names := prefixOf[up]
	for i := 1; i < len(bodies); i++ {
		was, is := parsed[map[string]json.RawMessage](t, bodies[i-1]), parsed[map[string]json.RawMessage](t, bodies[i])
		last := len(names) - 1
		for _, name := range names[:last] {
			require.Equal(t, string(was[name]), string(is[name]), name)
		}
		head := strings.TrimSuffix(string(was[names[last]]), "]")
		require.True(t, strings.HasPrefix(string(is[names[last]]), head), "turn %d is not a prefix of turn %d:\n%s\n%s", i-1, i, was[names[last]], is[names[last]])
	}
}

// TestScarG44TheNextTurnBeginsWithTheLastOne: what is converted is converted
// alike in every turn, thinking and ids of calls included, and what the cache
// saved is told. looplj/axonhub#1348, #2174.
func TestScarG44TheNextTurnBeginsWithTheLastOne(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range sdkClients() {
		for up, d := range w.ups {
			t.Run(c.name()+"→"+up, func(t *testing.T) {
				d.Reset()
				p := w.pair(c, up)
				talk := p.begin(settings{stream: true, tools: true, system: "Be brief.", think: up != "chat"})
				for range 3 {
					talk.user("[[think+call]]")
					r := p.send(t, talk)
					require.Len(t, r.calls, 1, r.text)
					talk.results(result{call: r.calls[0], text: "22 degrees"})
					p.send(t, talk)
				}
				require.Len(t, d.Requests(), 6)
				requireGrows(t, up, w.bodies(up))
			})
		}
	}
	t.Run("Claude Code to Responses", func(t *testing.T) {
		w.ups["responses"].Reset()
		c := spokenBy(t, "messages")
		user := `"metadata":{"user_id":"{\"device_id\":\"d\",\"session_id\":\"6f1e\"}"}`
		for range 2 {
			h := w.stream(t, c, "responses", "[[cached]]", user, c.tools)
			require.InDelta(t, fakeupstream.StrictCached, h.cached, 0, "the client is told what the cache saved")
		}
		sent := w.bodies("responses")
		require.Equal(t, sent[0], sent[1])
	})
}

// TestScarG45StoredConversationsStayWhereTheirCacheIs: of two accounts, the one
// that answered first answers on. looplj/axonhub#2358.
func TestScarG45StoredConversationsStayWhereTheirCacheIs(t *testing.T) {
	t.Parallel()
	w, other := twoAccounts(t, "responses", "responses", fakeupstream.StrictResponses())
	for conversation := range 8 {
		w.ups["responses"].Reset()
		other.Reset()
		previous := ""
		for turn := range 4 {
			body := fmt.Sprintf(`{"model":"both","input":"[[say:turn %d of %d]]"%s}`, turn, conversation, previous)
			r := w.post(t, "/v1/responses", body)
			require.Equal(t, http.StatusOK, r.status, r.body)
			previous = fmt.Sprintf(`,"previous_response_id":%q`, parsed[struct{ ID string }](t, r.body).ID)
		}
		at := []int{len(w.ups["responses"].Requests()), len(other.Requests())}
		require.Contains(t, [][]int{{4, 0}, {0, 4}}, at, "the conversation went from one account to the other")
	}
}

// TestScarG46SessionIDsReachTheUpstream, whatever it speaks: vendors route by
// them. musistudio/claude-code-router#1691.
func TestScarG46SessionIDsReachTheUpstream(t *testing.T) {
	t.Parallel()
	w := scars(t)
	ids := []string{"Session_id", "s1", "Session-Id", "s2", "X-Session-Id", "s3", "X-Session-Affinity", "s4", "Thread-Id", "s5"}
	for _, c := range protocols() {
		for up, d := range w.ups {
			d.Reset()
			r := w.post(t, c.path(d.alias, false), c.body(d.alias, "[[say:hi]]", false), ids...)
			require.Equal(t, http.StatusOK, r.status, r.body)
			for i := 0; i < len(ids); i += 2 {
				require.Equal(t, ids[i+1], d.Requests()[0].Header.Get(ids[i]), "%s→%s", c.name, up)
			}
		}
	}
}

// marked is a request of Claude Code's kind: cache marks on a tool, the
// instructions, a call, its result and a text.
const marked = `{"model":"%s","max_tokens":1000,` +
	`"tools":[{"name":"get_weather","input_schema":` + citySchema + `,"cache_control":{"type":"ephemeral"}}],` +
	`"system":[{"type":"text","text":"Be brief."},{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral","ttl":"1h"}}],` +
	`"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{"city":"Paris"}}]},` +
	`{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"22 degrees","cache_control":{"type":"ephemeral"}},` +
	`{"type":"text","text":"[[say:hi]]","cache_control":{"type":"ephemeral"}}]}]}`

const mark = `"cache_control":{"type":"ephemeral"`

// TestScarG47LostCacheMarksAreTold: where an upstream has no cache marks the
// answer and the record say so, and that nothing was read from a cache.
// earendil-works/pi#5605, anomalyco/opencode#31755.
func TestScarG47LostCacheMarksAreTold(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, up := range []string{"chat", "responses", "gemini"} {
		t.Run(up, func(t *testing.T) {
			body := fmt.Sprintf(marked, w.ups[up].alias)
			r := w.post(t, "/v1/messages", body)
			require.Equal(t, http.StatusOK, r.status, r.body)
			require.NotContains(t, w.lastSent(t, up), "cache_control")
			require.Contains(t, r.head.Get("X-Plexus-Fidelity"), "dropped:cache_mark")
			require.Contains(t, r.body, `"cache_read_input_tokens":0`)
			row := w.record(t, r.head)
			require.Contains(t, row["losses"], "dropped:cache_mark")
			tokens, ok := row["tokens"].(map[string]any)
			require.True(t, ok)
			require.InDelta(t, 0, tokens["cache_read"], 0)
			refused := w.post(t, "/v1/messages", body, "X-Plexus-Fidelity", "strict")
			require.Equal(t, http.StatusBadRequest, refused.status)
			require.Contains(t, refused.body, "cache_mark")
		})
	}
}

// TestScarG48CacheMarksSurvive on tools, instructions, calls, results and
// texts, wherever the upstream has them. envoyproxy/ai-gateway#2358, #2478,
// #2488.
func TestScarG48CacheMarksSurvive(t *testing.T) {
	t.Parallel()
	router := fakeupstream.Start(t)
	w := scars(t, with(
		fmt.Sprintf("  router: {vendor: openrouter, base_url: {chat: %q}, api_key: up-router, allow_private: true}\n", router.BaseURL()),
		"  to-router: {targets: [{provider: router, model: anthropic/claude-sonnet-4.5}]}\n"))
	t.Run("messages→messages", func(t *testing.T) {
		r := w.post(t, "/v1/messages", fmt.Sprintf(marked, "to-messages"))
		require.Equal(t, http.StatusOK, r.status, r.body)
		require.Equal(t, fmt.Sprintf(marked, "claude-sonnet-4-5"), w.lastSent(t, "messages"))
		require.Equal(t, "exact", r.head.Get("X-Plexus-Fidelity"))
	})
	t.Run("messages→chat that takes them", func(t *testing.T) {
		r := w.post(t, "/v1/messages", fmt.Sprintf(marked, "to-router"))
		require.Equal(t, http.StatusOK, r.status, r.body)
		sent := string(router.Requests()[0].Body)
		require.Equal(t, 4, strings.Count(sent, mark), sent)
		require.Contains(t, sent, `"ttl":"1h"`)
		require.NotContains(t, r.head.Get("X-Plexus-Fidelity"), "cache_mark")
	})
	t.Run("chat→messages", func(t *testing.T) {
		r := w.post(t, "/v1/chat/completions", `{"model":"to-messages",`+
			`"tools":[{"type":"function","function":{"name":"get_weather","parameters":`+citySchema+`},"cache_control":{"type":"ephemeral"}}],`+
			`"messages":[{"role":"system","content":[{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral","ttl":"1h"}}]},{"role":"user","content":"go"},`+
			`{"role":"assistant","tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}}]},`+
			`{"role":"tool","tool_call_id":"call_1","content":[{"type":"text","text":"22 degrees","cache_control":{"type":"ephemeral"}}]},`+
			`{"role":"user","content":[{"type":"text","text":"[[say:hi]]","cache_control":{"type":"ephemeral"}}]}]}`)
		require.Equal(t, http.StatusOK, r.status, r.body)
		sent := w.lastSent(t, "messages")
		require.Equal(t, 4, strings.Count(sent, mark), sent)
		require.Contains(t, sent, `"ttl":"1h"`)
	})
}

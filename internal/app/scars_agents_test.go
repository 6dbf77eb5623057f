package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// TestScarH49BetaFlagsReachOnlyAnthropic, the unknown ones too; what is
// OpenAI's does not reach Anthropic. LiteLLM's incident of 2026-02-13,
// envoyproxy/ai-gateway#2512.
func TestScarH49BetaFlagsReachOnlyAnthropic(t *testing.T) {
	t.Parallel()
	w := scars(t)
	const flags = "claude-code-20250219,never-heard-of-2030-01-01"
	for _, c := range protocols() {
		for up, d := range w.ups {
			d.Reset()
			r := w.post(t, c.path(d.alias, false), c.body(d.alias, "[[say:hi]]", false),
				"Anthropic-Beta", flags, "Anthropic-Version", "2023-06-01", "Openai-Beta", "responses_websockets=2026-02-06", "X-Stainless-Lang", "js")
			require.Equal(t, http.StatusOK, r.status, r.body)
			h := d.Requests()[0].Header
			if up == "messages" {
				require.Equal(t, flags, h.Get("Anthropic-Beta"))
				require.Empty(t, h.Get("Openai-Beta"))
			} else {
				require.Empty(t, h.Get("Anthropic-Beta"), "%s→%s", c.name, up)
				require.Empty(t, h.Get("Anthropic-Version"))
			}
			require.Empty(t, h.Get("X-Stainless-Lang"))
		}
	}
}

// TestScarH50AWrongSchemeIsNamed: http for https and the reverse, between the
// gateway and its upstream and between a client and the gateway.
// BerriAI/litellm#29818.
func TestScarH50AWrongSchemeIsNamed(t *testing.T) {
	t.Parallel()
	plain, secure := fakeupstream.Start(t), fakeupstream.Start(t, fakeupstream.TLS())
	wrong := func(url string) string {
		if rest, ok := strings.CutPrefix(url, "https://"); ok {
			return "http://" + rest
		}
		return "https://" + strings.TrimPrefix(url, "http://")
	}
	provider := func(slug, url string) string {
		return fmt.Sprintf("  %s: {vendor: openai, base_url: {chat: %q}, api_key: k, allow_private: true}\n", slug, wrong(url)+"/v1")
	}
	w := scars(t, with(provider("plain", plain.URL)+provider("secure", secure.URL),
		"  to-plain: {targets: [{provider: plain, model: m}]}\n  to-secure: {targets: [{provider: secure, model: m}]}\n"))
	for _, c := range protocols() {
		for _, model := range []string{"to-plain", "to-secure"} {
			t.Run(c.name+"→"+model, func(t *testing.T) {
				r := w.post(t, c.path(model, false), c.body(model, "hi", false))
				require.Equal(t, http.StatusBadGateway, r.status, r.body)
				require.Contains(t, r.body, "http")
				require.Contains(t, r.body, "https")
				require.Contains(t, r.body, strings.TrimPrefix(model, "to-"), "the provider is named")
				reason, ok := w.record(t, r.head)["error"].(map[string]any)
				require.True(t, ok)
				require.Contains(t, reason["message"], "http")
			})
		}
	}
	t.Run("http to a gateway of https", func(t *testing.T) {
		dir := t.TempDir()
		cert, key := certificate(t, dir)
		g := start(t, fmt.Sprintf("server: {tls_cert: %q, tls_key: %q}\n", cert, key)+demoConfig)
		resp, body := g.call(t, http.MethodPost, "/v1/responses", testKey, `{"model":"demo-chat","input":"hi"}`)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode)
		require.Contains(t, body, "HTTPS")
	})
	t.Run("a WebSocket", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+"/v1/responses", nil)
		require.NoError(t, err)
		req.Header.Set("Connection", "Upgrade")
		req.Header.Set("Upgrade", "websocket")
		resp, err := client.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		require.Equal(t, http.StatusUpgradeRequired, resp.StatusCode, "Codex goes on with POST at once")
	})
}

// certificate makes a certificate of its own for loopback.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, key
}

// TestScarH51AgentsFindTheirPaths: all that coding agents ask for is there, and
// what is not there is said to be not there, in words.
// headroomlabs-ai/headroom#1589.
func TestScarH51AgentsFindTheirPaths(t *testing.T) {
	t.Parallel()
	w := scars(t)
	messages, responses := spokenBy(t, "messages"), spokenBy(t, "responses")
	served := []struct{ method, path, body string }{
		{http.MethodHead, "/", ""},
		{http.MethodPost, "/v1/messages?beta=true", messages.body("to-messages", "hi", false)},
		{http.MethodPost, "/v1/messages/count_tokens?beta=true", `{"model":"to-messages","messages":[{"role":"user","content":"hi"}]}`},
		{http.MethodPost, "/v1/messages/count_tokens?beta=true", `{"model":"to-responses","messages":[{"role":"user","content":"hi"}]}`},
		{http.MethodGet, "/v1/models?limit=1000", ""},
		{http.MethodGet, "/v1beta/models", ""},
		{http.MethodPost, "/v1/responses", responses.body("to-responses", "hi", false)},
		{http.MethodPost, "/v1beta/models/to-gemini:countTokens", `{"contents":[{"parts":[{"text":"hi"}]}]}`},
	}
	for _, tt := range served {
		resp, body := w.call(t, tt.method, tt.path, testKey, tt.body)
		require.Equal(t, http.StatusOK, resp.StatusCode, "%s %s: %s", tt.method, tt.path, body)
	}
	for _, path := range []string{
		"/model/anthropic.claude-sonnet-4-5-20250929-v1:0/invoke-with-response-stream", "/model/x/converse", "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
		"/v1/realtime", "/v1/messages/batches", "/v1beta/cachedContents", "/bedrock/model/x/invoke",
	} {
		resp, body := w.call(t, http.MethodPost, path, testKey, `{}`)
		require.Equal(t, http.StatusNotFound, resp.StatusCode, path)
		require.Contains(t, resp.Header.Get("Content-Type"), "application/json", path)
		require.Contains(t, body, "error", path)
		require.Contains(t, body, strings.Split(path, ":")[0], path)
	}
}

// TestScarH52PathsHeadersAndStreamsOfEnterprises: base URLs with a path of
// their own on both sides, headers that a proxy on the way demands, and
// upstreams that stream or do not as they like. anthropics/claude-code#62973.
func TestScarH52PathsHeadersAndStreamsOfEnterprises(t *testing.T) {
	t.Parallel()
	house := fakeupstream.Start(t)
	house.Fallback(fakeupstream.StrictAnthropic())
	w := scars(t, with(
		fmt.Sprintf("  house: {vendor: anthropic, base_url: {messages: \"%s/gate/llm/v1\"}, headers: {x-department: R&D}, api_key: up-house, allow_private: true}\n", house.URL),
		"  to-house: {targets: [{provider: house, model: claude-sonnet-4-5}]}\n"))
	c := spokenBy(t, "messages")
	for _, path := range []string{"/v1/messages", "/anthropic/v1/messages", "/v1/v1/messages", "//v1/messages", "/messages", "/v1/messages/"} {
		house.Reset()
		r := w.post(t, path, c.body("to-house", "[[say:hi]]", false))
		require.Equal(t, http.StatusOK, r.status, "%s: %s", path, r.body)
		sent := house.Requests()[0]
		require.Equal(t, "/gate/llm/v1/messages", sent.Path)
		require.Equal(t, "R&D", sent.Header.Get("X-Department"))
		require.Equal(t, "up-house", sent.Header.Get("X-Api-Key"))
	}
	abroad(t, "chat", func(t *testing.T, c spoken) {
		t.Run("a document for a stream", func(t *testing.T) {
			w.ups["chat"].Script(fakeupstream.JSON(http.StatusOK, `{"id":"x","object":"chat.completion","created":1,"model":"gpt-4.1","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`))
			require.Equal(t, "hello", w.stream(t, c, "chat", "hi").text)
		})
		t.Run("a stream for a document", func(t *testing.T) {
			w.ups["chat"].Script(fakeupstream.SSE(chatChunk(chatRole, "null"), chatChunk(`{"content":"hello"}`, "null"), chatChunk(`{}`, "stop"), chatDone))
			r := w.post(t, c.path("to-chat", false), c.body("to-chat", "hi", false))
			require.Equal(t, http.StatusOK, r.status)
			require.Contains(t, r.head.Get("Content-Type"), "application/json")
			require.Contains(t, parsed[map[string]any](t, r.body), map[string]string{"responses": "output", "messages": "content", "gemini": "candidates"}[c.name])
			require.Contains(t, r.body, "hello")
		})
	})
}

// TestScarH53WhatNobodyKnowsSurvives: members, items, tools and events of
// tomorrow pass where both sides speak the same protocol, byte for byte, and
// where they do not the request is served all the same and the loss is told.
// envoyproxy/ai-gateway#2434, #2455, #2459.
func TestScarH53WhatNobodyKnowsSurvives(t *testing.T) {
	t.Parallel()
	w := scars(t)
	const strange = `"tomorrow":{"weight":1.10,"name":"\u00e9","b":[null,1e3]}`
	t.Run("requests and answers", func(t *testing.T) {
		for _, c := range protocols() {
			d := w.ups[c.name]
			const answer = `{"id":"x","object":"o","type":"message","choices":[],"output":[],"content":[],"candidates":[], ` + strange + ` }`
			d.Script(fakeupstream.JSON(http.StatusOK, answer))
			body := c.body(d.alias, "hi", false, strange)
			r := w.post(t, c.path(d.alias, false), body)
			require.Equal(t, http.StatusOK, r.status, r.body)
			require.Equal(t, answer, r.body)
			require.Equal(t, strings.Replace(body, `"`+d.alias+`"`, `"`+d.model+`"`, 1), w.lastSent(t, c.name))
		}
	})
	t.Run("events", func(t *testing.T) {
		for name, frames := range map[string][]string{
			"responses": {event(responsesCreated), event(`{"type":"response.tomorrow","sequence_number":1,` + strange + `}`), event(responsesEnd)},
			"messages": append(events(`{"type":"message_start","message":{"id":"m","role":"assistant","content":[],"usage":{"input_tokens":1}}}`, `{"type":"tomorrow",`+strange+`}`,
				`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}`), event(`{"type":"message_stop"}`)),
			"chat": {chatChunk(`{"role":"assistant","content":"x",`+strange+`}`, "stop"), chatDone},
		} {
			c := spokenBy(t, name)
			w.ups[name].Script(fakeupstream.SSE(frames...))
			r := w.post(t, c.path(w.ups[name].alias, true), c.body(w.ups[name].alias, "hi", true))
			require.Equal(t, strings.Join(frames, ""), r.body)
		}
	})
	t.Run("Codex of next week", func(t *testing.T) {
		const body = `{"model":"%s","store":false,"stream":false,"client_metadata":{"k":"v"},"include":["reasoning.encrypted_content"],"prompt_cache_key":"k",` +
			`"tools":[{"type":"function","name":"shell","strict":false,"parameters":{"type":"object","properties":{}}},{"type":"namespace","name":"crm","description":"d","tools":[{"type":"function","name":"find","parameters":{"type":"object","properties":{}}}]},` +
			`{"type":"tool_search"},{"type":"custom","name":"apply_patch","format":{"type":"grammar","syntax":"lark","definition":"start: \"x\""}},{"type":"never_heard_of",` + strange + `}],` +
			`"input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"You are Codex."}],"internal_chat_message_metadata_passthrough":{"a":1}},` +
			`{"type":"agent_mailbox_v2","id":"amb_1","weight":1.10},{"type":"message","role":"user","content":[{"type":"input_text","text":"[[say:fine]]"},{"type":"input_hologram","x":1}]}]}`
		for _, up := range []string{"chat", "messages", "gemini"} {
			r := w.post(t, "/v1/responses", fmt.Sprintf(body, w.ups[up].alias))
			require.Equal(t, http.StatusOK, r.status, "%s: %s", up, r.body)
			require.Contains(t, r.body, `"fine"`)
			require.Contains(t, r.head.Get("X-Plexus-Fidelity"), "dropped:")
			losses, ok := w.record(t, r.head)["losses"].([]any)
			require.True(t, ok)
			require.NotEmpty(t, losses)
		}
		w.ups["responses"].Script(fakeupstream.JSON(http.StatusOK, `{"id":"resp_1","object":"response","status":"completed","output":[]}`))
		w.post(t, "/v1/responses", fmt.Sprintf(body, "to-responses"))
		require.Equal(t, fmt.Sprintf(body, "gpt-5.2"), w.lastSent(t, "responses"))
	})
}

// TestScarH55WhoAnsweredIsTold: the answer names the target, the record names
// it and what the upstream says it is, and a model that cannot be served is
// refused, not replaced. Team-Commonly/commonly#470.
func TestScarH55WhoAnsweredIsTold(t *testing.T) {
	t.Parallel()
	w := scars(t, with("  gone: {vendor: openai, base_url: {chat: \"http://127.0.0.1:1/v1\"}, api_key: k, allow_private: true, enabled: false}\n",
		"  to-gone: {targets: [{provider: gone, model: gpt-4.1}]}\n"+
			"  either: {targets: [{provider: chat, model: gpt-4.1, weight: 1000000}, {provider: messages, model: claude-sonnet-4-5}]}\n"))
	other := strings.ReplaceAll(chatChunk(`{"role":"assistant","content":"x"}`, "stop"), "gpt-4.1", "gpt-3.5-cheap")
	for _, c := range protocols() {
		for up, d := range w.ups {
			t.Run(c.name+"→"+up, func(t *testing.T) {
				h := w.stream(t, c, up, "[[say:hi]]")
				require.Equal(t, up+"/"+d.model, h.head.Get("X-Plexus-Target"))
				row := w.record(t, h.head)
				require.Equal(t, d.alias, row["alias"])
				require.Equal(t, d.model, row["model"])
				require.Equal(t, d.model, row["served_model"])
			})
		}
		t.Run(c.name+" is served another", func(t *testing.T) {
			w.ups["chat"].Script(fakeupstream.SSE(other, chatDone))
			row := w.record(t, w.stream(t, c, "chat", "hi").head)
			require.Equal(t, "gpt-4.1", row["model"])
			require.Equal(t, "gpt-3.5-cheap", row["served_model"])
		})
		t.Run(c.name+" fails over", func(t *testing.T) {
			w.ups["chat"].Script(fakeupstream.Status(http.StatusServiceUnavailable, "{}"))
			r := w.post(t, c.path("either", false), c.body("either", "[[say:hi]]", false))
			require.Equal(t, http.StatusOK, r.status, r.body)
			require.Equal(t, "messages/claude-sonnet-4-5", r.head.Get("X-Plexus-Target"))
			row := w.record(t, r.head)
			require.Equal(t, "claude-sonnet-4-5", row["served_model"])
			require.InDelta(t, 2, row["attempts"], 0)
		})
		for _, model := range []string{"to-gone", "gpt-4.1", "to-cha"} {
			r := w.post(t, c.path(model, false), c.body(model, "hi", false))
			require.Equal(t, http.StatusNotFound, r.status, "%s: %s", model, r.body)
			require.Contains(t, r.body, model)
		}
	}
}

// leave sends a request, and goes away when the upstream has it.
func (w *scarWorld) leave(t *testing.T, c spoken, model string, up *fakeupstream.Server, stream bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(within(t))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+c.path(model, stream), strings.NewReader(c.body(model, "hi", stream)))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+testKey)
	left := make(chan struct{})
	go func() {
		defer close(left)
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	arrives(t, up.Arrived())
	cancel()
	arrives(t, up.Disconnected())
	<-left
}

func arrives(t *testing.T, ch <-chan fakeupstream.Request) {
	t.Helper()
	select {
	case <-ch:
	case <-within(t).Done():
		require.Fail(t, "nothing came")
	}
}

// canceled waits for the record of the alias's last request.
func (w *scarWorld) canceled(t *testing.T, alias string) {
	t.Helper()
	var row map[string]any
	eventually(t, "the record", func() bool {
		rows := w.requests(t, admin)
		if len(rows) == 0 {
			return false
		}
		row = rows[0]
		return row["alias"] == alias && row["status"] == "canceled"
	})
	require.InDelta(t, 1, row["attempts"], 0)
}

// TestScarI56LeavingCancelsTheUpstream, also where nothing streams, in both
// lanes. BerriAI/litellm#17364, #37140.
func TestScarI56LeavingCancelsTheUpstream(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range protocols() {
		for _, up := range []string{"chat", "messages"} {
			for _, stream := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s→%s stream %v", c.name, up, stream), func(t *testing.T) {
					w.ups[up].Script(fakeupstream.Stall(nil, nil))
					w.leave(t, c, w.ups[up].alias, w.ups[up].Server, stream)
					w.canceled(t, w.ups[up].alias)
				})
			}
		}
	}
}

// TestScarI57NothingIsRetriedForNobody: musistudio/claude-code-router#1605.
func TestScarI57NothingIsRetriedForNobody(t *testing.T) {
	t.Parallel()
	w := scars(t, with("", "  first: {targets: [{provider: chat, model: gpt-4.1, weight: 1000000}, {provider: messages, model: claude-sonnet-4-5}]}\n"))
	for _, c := range protocols() {
		t.Run(c.name, func(t *testing.T) {
			w.ups["messages"].Reset()
			w.ups["chat"].Script(fakeupstream.Stall(nil, nil))
			w.leave(t, c, "first", w.ups["chat"].Server, false)
			w.canceled(t, "first")
			require.Empty(t, w.ups["messages"].Requests())
		})
	}
}

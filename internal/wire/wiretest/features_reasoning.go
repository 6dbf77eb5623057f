package wiretest

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// thought is a turn with thinking before its text.
func thought(r *llm.Reasoning) func(*llm.Request) {
	return says(user(text("Hello")), assistant(r, text("Hi.")), user(text("Go on.")))
}

func thoughtFeatures() []Feature {
	signedCall := call("call_1", `{"a":"x"}`)
	signedCall.Signature = signed(gemini, "c2ln")
	chatTurn := func(members string) string {
		return `"messages":[{"role":"user","content":"Hello"},{"role":"assistant",` + members + `,"content":"Hi."},{"role":"user","content":"Go on."}]`
	}
	responsesTurn := func(item string) string {
		return `"input":[{"role":"user","content":"Hello"},` + item + `,{"role":"assistant","content":"Hi."},{"role":"user","content":"Go on."}]`
	}
	anthropicTurn := func(block string) string {
		return `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[` + block + `,{"type":"text","text":"Hi."}]},{"role":"user","content":"Go on."}]`
	}
	geminiTurn := func(part string) string {
		return `"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[` + part + `,{"text":"Hi."}]},{"role":"user","parts":[{"text":"Go on."}]}]`
	}
	return []Feature{
		{
			Name: "thinking_signed", Title: "Signed", Reasons: true,
			Ask: thought(&llm.Reasoning{Text: "Hm.", Signature: signed(anthropic, "c2ln")}),
			Native: native{
				chat:      chatTurn(`"reasoning_details":[{"type":"reasoning.text","text":"Hm.","signature":"c2ln"}]`),
				anthropic: anthropicTurn(`{"type":"thinking","thinking":"Hm.","signature":"c2ln"}`),
				gemini:    geminiTurn(`{"text":"Hm.","thought":true,"thoughtSignature":"c2ln"}`),
			},
		},
		{
			Name: "thinking_encrypted", Title: "Encrypted", Reasons: true,
			Ask: thought(&llm.Reasoning{Encrypted: signed(responses, "c2VhbA==")}),
			Native: native{
				chat:      chatTurn(`"reasoning_details":[{"type":"reasoning.encrypted","data":"c2VhbA=="}]`),
				responses: responsesTurn(`{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"c2VhbA=="}`),
			},
		},
		{
			Name: "thinking_redacted", Title: "Redacted", Reasons: true,
			Ask: thought(&llm.Reasoning{Redacted: true, Encrypted: signed(anthropic, "c2VhbA==")}),
			Native: native{
				anthropic: anthropicTurn(`{"type":"redacted_thinking","data":"c2VhbA=="}`),
			},
		},
		{
			Name: "thinking_plain", Title: "Plain text", Reasons: true,
			Ask: thought(&llm.Reasoning{Text: "Hm."}),
			Native: native{
				chat:   chatTurn(`"reasoning_content":"Hm."`),
				gemini: geminiTurn(`{"text":"Hm.","thought":true}`),
			},
		},
		{
			Name: "thinking_summary", Title: "Summaries", Reasons: true,
			Ask: thought(&llm.Reasoning{Summary: []string{"Hm.", "Oh."}}),
			Native: native{
				responses: responsesTurn(`{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Hm."},{"type":"summary_text","text":"Oh."}]}`),
			},
		},
		offering(Feature{
			Name: "call_signature", Title: "A thought signature on a call", Reasons: true,
			Ask: says(user(text("Hello")), assistant(signedCall), tool(result("call_1", text("ok")))),
			Native: native{
				chat:   `"messages":[` + strings.TrimSuffix(chatCall, `}]}`) + `,"extra_content":{"google":{"thought_signature":"c2ln"}}}]},{"role":"tool","tool_call_id":"call_1","content":"ok"}]`,
				gemini: `"contents":[` + strings.TrimSuffix(geminiCall, `}]}`) + `,"thoughtSignature":"c2ln"}]},{"role":"user","parts":[{"functionResponse":{"id":"call_1","name":"f","response":{"output":"ok"}}}]}]`,
			},
		}),
	}
}

func thinks(c llm.ReasoningConfig) func(*llm.Request) {
	return func(r *llm.Request) { r.Reasoning = &c }
}

func thinkingConfig(members string) string {
	return `"generationConfig":{"thinkingConfig":{` + members + `}}`
}

// effortFeature is one value of the effort, in the spellings of those that know it.
func effortFeature(effort string, of ...llm.Protocol) Feature {
	f := Feature{
		Name: "effort_" + effort, Title: "Effort: " + effort, Reasons: true,
		Ask: thinks(llm.ReasoningConfig{Effort: effort}), Native: native{},
	}
	spelled := native{
		chat:      `"reasoning_effort":"` + effort + `"`,
		responses: `"reasoning":{"effort":"` + effort + `"}`,
		anthropic: `"output_config":{"effort":"` + effort + `"}`,
		gemini:    thinkingConfig(`"thinkingLevel":"` + strings.ToUpper(effort) + `"`),
	}
	for _, p := range of {
		f.Native[p] = spelled[p]
	}
	return f
}

func reasoningFeatures() []Feature {
	return []Feature{
		effortFeature("none", chat, responses),
		effortFeature("minimal", chat, responses, gemini),
		effortFeature("low", chat, responses, anthropic, gemini),
		effortFeature("medium", chat, responses, anthropic, gemini),
		effortFeature("high", chat, responses, anthropic, gemini),
		effortFeature("xhigh", chat, responses, anthropic),
		effortFeature("max", anthropic),
		{
			Name: "thinking_budget", Title: "A budget in tokens", Reasons: true,
			Ask: thinks(llm.ReasoningConfig{Budget: new(int64(2048))}),
			Native: native{
				anthropic: `"thinking":{"type":"enabled","budget_tokens":2048}`,
				gemini:    thinkingConfig(`"thinkingBudget":2048`),
			},
		},
		{
			Name: "thinking_adaptive", Title: "As much as the model likes", Reasons: true,
			Ask: thinks(llm.ReasoningConfig{Adaptive: true}),
			Native: native{
				anthropic: `"thinking":{"type":"adaptive"}`,
				gemini:    thinkingConfig(`"thinkingBudget":-1`),
			},
		},
		{
			Name: "thinking_off", Title: "Off", Reasons: true,
			Ask: thinks(llm.ReasoningConfig{Enabled: new(false)}),
			Native: native{
				anthropic: `"thinking":{"type":"disabled"}`,
				gemini:    thinkingConfig(`"thinkingBudget":0`),
			},
		},
		{
			Name: "thinking_shown", Title: "Thinking shown", Reasons: true, Looks: []string{"reasoning.shown"},
			Ask: thinks(llm.ReasoningConfig{Effort: "high", Summary: "auto"}),
			Native: native{
				responses: `"reasoning":{"effort":"high","summary":"auto"}`,
				anthropic: `"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"high"}`,
				gemini:    thinkingConfig(`"thinkingLevel":"HIGH","includeThoughts":true`),
			},
		},
		{
			Name: "thinking_detailed", Title: "Detailed summaries", Reasons: true, Looks: []string{"reasoning.shown"},
			Ask: thinks(llm.ReasoningConfig{Effort: "high", Summary: "detailed"}),
			Native: native{
				responses: `"reasoning":{"effort":"high","summary":"detailed"}`,
			},
		},
	}
}

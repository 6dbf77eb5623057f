package wiretest

import "github.com/plexus-gateway/plexus/internal/llm"

func messageFeatures() []Feature {
	system := func(r *llm.Request) { r.System = []llm.Block{text("Be brief.")} }
	return []Feature{
		{
			Name: "text", Title: "A question in plain text",
			Ask: func(*llm.Request) {},
			Native: native{
				chat: ``, responses: ``, anthropic: ``, gemini: ``, completions: ``,
			},
		},
		{
			Name: "text_parts", Title: "A message of several texts",
			Ask: asks(text("One."), text("Two.")),
			Native: native{
				chat:      `"messages":[{"role":"user","content":[{"type":"text","text":"One."},{"type":"text","text":"Two."}]}]`,
				responses: `"input":[{"role":"user","content":[{"type":"input_text","text":"One."},{"type":"input_text","text":"Two."}]}]`,
				anthropic: `"messages":[{"role":"user","content":[{"type":"text","text":"One."},{"type":"text","text":"Two."}]}]`,
				gemini:    `"contents":[{"role":"user","parts":[{"text":"One."},{"text":"Two."}]}]`,
			},
		},
		{
			Name: "system_text", Title: "System instructions", Ask: system,
			Native: native{
				chat:      `"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"}]`,
				responses: `"instructions":"Be brief."`,
				anthropic: `"system":"Be brief."`,
				gemini:    `"systemInstruction":{"parts":[{"text":"Be brief."}]}`,
			},
		},
		{
			Name: "system_blocks", Title: "System instructions in several parts",
			Ask: func(r *llm.Request) { r.System = []llm.Block{text("Be brief."), text("Be kind.")} },
			Native: native{
				chat:      `"messages":[{"role":"system","content":"Be brief."},{"role":"system","content":"Be kind."},{"role":"user","content":"Hello"}]`,
				responses: `"instructions":"Be brief.","input":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello"}]`,
				anthropic: `"system":[{"type":"text","text":"Be brief."},{"type":"text","text":"Be kind."}]`,
				gemini:    `"systemInstruction":{"parts":[{"text":"Be brief."},{"text":"Be kind."}]}`,
			},
		},
		{
			Name: "developer_role", Title: "A developer's message",
			Ask: says(llm.Message{Role: llm.RoleDeveloper, Blocks: []llm.Block{text("Be brief.")}}, user(text("Hello"))),
			Native: native{
				chat:      `"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hello"}]`,
				responses: `"input":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hello"}]`,
			},
		},
		{
			Name: "system_in_conversation", Title: "A system message amid the conversation",
			Ask: says(user(text("Hello")), assistant(text("Hi.")), llm.Message{Role: llm.RoleSystem, Blocks: []llm.Block{text("Be brief.")}}, user(text("Go on."))),
			Native: native{
				chat:      `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"system","content":"Be brief."},{"role":"user","content":"Go on."}]`,
				responses: `"input":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"system","content":"Be brief."},{"role":"user","content":"Go on."}]`,
				anthropic: `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"system","content":"Be brief."},{"role":"user","content":"Go on."}]`,
			},
		},
		{
			Name: "user_name", Title: "A speaker's name",
			Ask: says(llm.Message{Role: llm.RoleUser, Name: "ann", Blocks: []llm.Block{text("Hello")}}),
			Native: native{
				chat: `"messages":[{"role":"user","name":"ann","content":"Hello"}]`,
			},
		},
		{
			Name: "turns", Title: "Earlier turns",
			Ask: says(user(text("Hello")), assistant(text("Hi.")), user(text("Go on."))),
			Native: native{
				chat:      `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"user","content":"Go on."}]`,
				responses: `"input":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"user","content":"Go on."}]`,
				anthropic: `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"user","content":"Go on."}]`,
				gemini:    `"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"text":"Hi."}]},{"role":"user","parts":[{"text":"Go on."}]}]`,
			},
		},
		{
			Name: "prefill", Title: "The beginning of the answer",
			Ask: says(user(text("Hello")), assistant(text("Well,"))),
			Native: native{
				chat:      `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Well,"}]`,
				responses: `"input":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Well,"}]`,
				anthropic: `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Well,"}]`,
				gemini:    `"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"text":"Well,"}]}]`,
			},
		},
		{
			Name: "refusal_history", Title: "A refusal in the history",
			Ask: says(user(text("Hello")), assistant(&llm.Refusal{Text: "No."}), user(text("Go on."))),
			Native: native{
				chat:      `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","refusal":"No."},{"role":"user","content":"Go on."}]`,
				responses: `"input":[{"role":"user","content":"Hello"},{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"No."}]},{"role":"user","content":"Go on."}]`,
			},
		},
		{
			Name: "phase", Title: "The phase of the assistant's text (commentary, final answer)",
			Ask: says(user(text("Hello")), assistant(&llm.Text{Text: "Hm.", Phase: "commentary"}), user(text("Go on."))),
			Native: native{
				responses: `"input":[{"role":"user","content":"Hello"},{"type":"message","role":"assistant","phase":"commentary","content":[{"type":"output_text","text":"Hm."}]},{"role":"user","content":"Go on."}]`,
			},
		},
		{
			Name: "citations_history", Title: "Citations in the history",
			Ask: says(user(text("Hello")), assistant(&llm.Text{Text: "So it is.", Citations: []llm.Citation{{URL: "https://e.example/a", Title: "A"}}}), user(text("Go on."))),
			Native: native{
				chat:      `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"So it is.","annotations":[{"type":"url_citation","url_citation":{"url":"https://e.example/a","title":"A","start_index":0,"end_index":5}}]},{"role":"user","content":"Go on."}]`,
				responses: `"input":[{"role":"user","content":"Hello"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"So it is.","annotations":[{"type":"url_citation","url":"https://e.example/a","title":"A","start_index":0,"end_index":5}]}]},{"role":"user","content":"Go on."}]`,
				anthropic: `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"text","text":"So it is.","citations":[{"type":"web_search_result_location","url":"https://e.example/a","title":"A","encrypted_index":"x","cited_text":"so"}]}]},{"role":"user","content":"Go on."}]`,
			},
		},
	}
}

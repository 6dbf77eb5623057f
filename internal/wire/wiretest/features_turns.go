package wiretest

import (
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Spellings of a turn that calls f once, and of the question before it.
const (
	chatCall      = `{"role":"user","content":"Hello"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":\"x\"}"}}]}`
	responsesCall = `{"role":"user","content":"Hello"},{"type":"function_call","call_id":"call_1","name":"f","arguments":"{\"a\":\"x\"}"}`
	anthropicCall = `{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"f","input":{"a":"x"}}]}`
	geminiCall    = `{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"functionCall":{"id":"call_1","name":"f","args":{"a":"x"}}}]}`
)

// answered is the turn that calls f with the answer to it, in each spelling.
func answered(of native) native {
	out := native{}
	for p, answer := range of {
		switch p {
		case chat:
			out[p] = `"messages":[` + chatCall + `,{"role":"tool","tool_call_id":"call_1",` + answer + `}]`
		case responses:
			out[p] = `"input":[` + responsesCall + `,{"type":"function_call_output","call_id":"call_1",` + answer + `}]`
		case anthropic:
			out[p] = `"messages":[` + anthropicCall + `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1",` + answer + `}]}]`
		case gemini:
			out[p] = `"contents":[` + geminiCall + `,{"role":"user","parts":[{"functionResponse":{"id":"call_1","name":"f",` + answer + `}}]}]`
		default: // the others have no such turns
		}
	}
	return out
}

func answers(r *llm.ToolResult) func(*llm.Request) {
	return says(user(text("Hello")), assistant(call("call_1", `{"a":"x"}`)), tool(r))
}

// offering is the feature with the tool f offered, as it is where tools are in
// use.
func offering(f Feature) Feature {
	f.Ask = and(f.Ask, offers(functionTool()))
	tools := native{
		chat: `"tools":[` + chatTool + `],`, responses: `"tools":[` + responsesTool + `],`,
		anthropic: `"tools":[` + anthropicTool + `],`, gemini: `"tools":[` + geminiTool + `],`,
	}
	out := native{}
	for p, spelled := range f.Native {
		out[p] = tools[p] + spelled
	}
	f.Native = out
	return f
}

// toolTurnFeatures are calls and results in earlier turns.
func toolTurnFeatures() []Feature {
	var out []Feature
	for _, f := range slices.Concat(resultFeatures(), callFeatures()) {
		out = append(out, offering(f))
	}
	return append(out, oddTurnFeatures()...)
}

func resultFeatures() []Feature {
	failed := result("call_1", text("no"))
	failed.IsError = true
	return []Feature{
		{
			Name: "tool_result", Title: "A call and its result",
			Ask: answers(result("call_1", text("ok"))),
			Native: answered(native{
				chat: `"content":"ok"`, responses: `"output":"ok"`,
				anthropic: `"content":"ok"`, gemini: `"response":{"output":"ok"}`,
			}),
		},
		{
			Name: "tool_result_parts", Title: "A result of several texts",
			Ask: answers(result("call_1", text("one"), text("two"))),
			Native: answered(native{
				chat:      `"content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]`,
				responses: `"output":[{"type":"input_text","text":"one"},{"type":"input_text","text":"two"}]`,
				anthropic: `"content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]`,
			}),
		},
		{
			Name: "tool_result_image", Title: "A result with an image", Reasons: true,
			Ask: answers(result("call_1", text("ok"), &llm.Media{Kind: llm.MediaImage, MIME: "image/png", Data: pngData})),
			Native: answered(native{
				responses: `"output":[{"type":"input_text","text":"ok"},{"type":"input_image","image_url":"data:image/png;base64,` + pngData + `"}]`,
				anthropic: `"content":[{"type":"text","text":"ok"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + pngData + `"}}]`,
				gemini:    `"response":{"output":"ok"},"parts":[{"inlineData":{"mimeType":"image/png","data":"` + pngData + `"}}]`,
			}),
		},
		{
			Name: "tool_result_error", Title: "A result that is an error", Ask: answers(failed),
			Native: answered(native{
				anthropic: `"content":"no","is_error":true`, gemini: `"response":{"error":"no"}`,
			}),
		},
		{
			Name: "parallel_calls", Title: "Parallel calls and their results",
			Ask: says(user(text("Hello")), assistant(text("Both."), call("call_1", `{"a":"x"}`), call("call_2", `{"a":"y"}`)),
				tool(result("call_1", text("1")), result("call_2", text("2")))),
			Native: native{
				chat: `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Both.","tool_calls":[` +
					`{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":\"x\"}"}},{"id":"call_2","type":"function","function":{"name":"f","arguments":"{\"a\":\"y\"}"}}]},` +
					`{"role":"tool","tool_call_id":"call_1","content":"1"},{"role":"tool","tool_call_id":"call_2","content":"2"}]`,
				responses: `"input":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Both."},` +
					`{"type":"function_call","call_id":"call_1","name":"f","arguments":"{\"a\":\"x\"}"},{"type":"function_call","call_id":"call_2","name":"f","arguments":"{\"a\":\"y\"}"},` +
					`{"type":"function_call_output","call_id":"call_1","output":"1"},{"type":"function_call_output","call_id":"call_2","output":"2"}]`,
				anthropic: `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"text","text":"Both."},` +
					`{"type":"tool_use","id":"call_1","name":"f","input":{"a":"x"}},{"type":"tool_use","id":"call_2","name":"f","input":{"a":"y"}}]},` +
					`{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"1"},{"type":"tool_result","tool_use_id":"call_2","content":"2"}]}]`,
				gemini: `"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"text":"Both."},` +
					`{"functionCall":{"name":"f","args":{"a":"x"}}},{"functionCall":{"name":"f","args":{"a":"y"}}}]},` +
					`{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}},{"functionResponse":{"name":"f","response":{"output":"2"}}}]}]`,
			},
		},
	}
}

func callFeatures() []Feature {
	spaced := call("call_1", `{"a":"x"}`)
	spaced.Namespace = "crm"
	return []Feature{
		{
			Name: "namespace_call", Title: "A call of a function in a namespace",
			Ask: says(user(text("Hello")), assistant(spaced), tool(result("call_1", text("ok")))),
			Native: native{
				responses: `"input":[{"role":"user","content":"Hello"},{"type":"function_call","call_id":"call_1","name":"f","namespace":"crm","arguments":"{\"a\":\"x\"}"},{"type":"function_call_output","call_id":"call_1","output":"ok"}]`,
			},
		},
		{
			Name: "text_after_call", Title: "Text behind a call in one turn",
			Ask: says(user(text("Hello")), assistant(call("call_1", `{"a":"x"}`), text("Wait.")), tool(result("call_1", text("ok")))),
			Native: native{
				responses: `"input":[` + responsesCall + `,{"role":"assistant","content":"Wait."},{"type":"function_call_output","call_id":"call_1","output":"ok"}]`,
				gemini:    `"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"functionCall":{"id":"call_1","name":"f","args":{"a":"x"}}},{"text":"Wait."}]},{"role":"user","parts":[{"functionResponse":{"id":"call_1","name":"f","response":{"output":"ok"}}}]}]`,
			},
		},
	}
}

func oddTurnFeatures() []Feature {
	free := &llm.ToolCall{CallID: "call_1", Name: "f", Kind: llm.ToolCustom, Input: llm.Raw("abc")}
	freeResult := result("call_1", text("ok"))
	freeResult.Kind = llm.ToolCustom
	searched := &llm.ToolCall{
		CallID: "ws_1", Name: "web_search", Kind: llm.ToolServer,
		Native: &llm.Native{Protocol: responses, Raw: llm.Raw(`{"type":"web_search_call","id":"ws_1","status":"completed"}`)},
	}
	return []Feature{
		{
			Name: "custom_call", Title: "A call with free text and its result",
			Ask: and(says(user(text("Hello")), assistant(free), tool(freeResult)), offers(llm.Tool{Kind: llm.ToolCustom, Name: "f"})),
			Native: native{
				chat:      `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"custom","custom":{"name":"f","input":"abc"}}]},{"role":"tool","tool_call_id":"call_1","content":"ok"}],"tools":[{"type":"custom","custom":{"name":"f"}}]`,
				responses: `"tools":[{"type":"custom","name":"f"}],"input":[{"role":"user","content":"Hello"},{"type":"custom_tool_call","call_id":"call_1","name":"f","input":"abc"},{"type":"custom_tool_call_output","call_id":"call_1","output":"ok"}]`,
			},
		},
		{
			Name: "call_without_tools", Title: "A call and its result where no tools are offered",
			Ask: answers(result("call_1", text("ok"))),
			Native: answered(native{
				chat: `"content":"ok"`, responses: `"output":"ok"`,
				anthropic: `"content":"ok"`, gemini: `"response":{"output":"ok"}`,
			}),
		},
		{
			Name: "server_tool_history", Own: true, Title: "What the upstream's own tools did",
			Ask: says(user(text("Hello")), assistant(searched, text("So.")), user(text("Go on."))),
			Native: native{
				responses: `"input":[{"role":"user","content":"Hello"},{"type":"web_search_call","id":"ws_1","status":"completed"},{"role":"assistant","content":"So."},{"role":"user","content":"Go on."}]`,
				anthropic: `"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]},{"type":"text","text":"So."}]},{"role":"user","content":"Go on."}]`,
				gemini:    `"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"executableCode":{"language":"PYTHON","code":"1"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}},{"text":"So."}]},{"role":"user","parts":[{"text":"Go on."}]}]`,
			},
		},
	}
}

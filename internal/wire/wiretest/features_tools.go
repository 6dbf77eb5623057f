package wiretest

import "github.com/plexus-gateway/plexus/internal/llm"

// Spellings of the tool f.
const (
	chatTool      = `{"type":"function","function":{"name":"f","description":"Does f.","parameters":` + schema + `}}`
	responsesTool = `{"type":"function","name":"f","description":"Does f.","parameters":` + schema + `,"strict":false}`
	anthropicTool = `{"name":"f","description":"Does f.","input_schema":` + schema + `}`
	geminiTool    = `{"functionDeclarations":[{"name":"f","description":"Does f.","parametersJsonSchema":` + schema + `}]}`
)

func toolFeatures() []Feature {
	strict := functionTool()
	strict.Strict = new(true)
	spaced := functionTool()
	spaced.Namespace = "crm"
	return append([]Feature{
		{
			Name: "function_tool", Title: "A function", Ask: offers(functionTool()),
			Native: native{
				chat: `"tools":[` + chatTool + `]`, responses: `"tools":[` + responsesTool + `]`,
				anthropic: `"tools":[` + anthropicTool + `]`, gemini: `"tools":[` + geminiTool + `]`,
			},
		},
		{
			Name: "strict_tool", Title: "A function whose schema is enforced", Ask: offers(strict),
			Native: native{
				chat:      `"tools":[{"type":"function","function":{"name":"f","description":"Does f.","parameters":` + schema + `,"strict":true}}]`,
				responses: `"tools":[{"type":"function","name":"f","description":"Does f.","parameters":` + schema + `,"strict":true}]`,
				anthropic: `"tools":[{"name":"f","description":"Does f.","input_schema":` + schema + `,"strict":true}]`,
			},
		},
		{
			Name: "tool_without_parameters", Title: "A function without parameters",
			Ask: offers(llm.Tool{Kind: llm.ToolFunction, Name: "f"}),
			Native: native{
				chat:      `"tools":[{"type":"function","function":{"name":"f"}}]`,
				responses: `"tools":[{"type":"function","name":"f","parameters":null,"strict":false}]`,
				anthropic: `"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]`,
				gemini:    `"tools":[{"functionDeclarations":[{"name":"f"}]}]`,
			},
		},
		{
			Name: "custom_tool", Title: "A tool that takes free text",
			Ask: offers(llm.Tool{Kind: llm.ToolCustom, Name: "f", Description: "Does f."}),
			Native: native{
				chat:      `"tools":[{"type":"custom","custom":{"name":"f","description":"Does f."}}]`,
				responses: `"tools":[{"type":"custom","name":"f","description":"Does f."}]`,
			},
		},
		{
			Name: "tool_grammar", Title: "Free text by a grammar",
			Ask: offers(llm.Tool{Kind: llm.ToolCustom, Name: "f", Grammar: &llm.Grammar{Syntax: "regex", Definition: "[a-z]+"}}),
			Native: native{
				chat:      `"tools":[{"type":"custom","custom":{"name":"f","format":{"type":"grammar","grammar":{"syntax":"regex","definition":"[a-z]+"}}}}]`,
				responses: `"tools":[{"type":"custom","name":"f","format":{"type":"grammar","syntax":"regex","definition":"[a-z]+"}}]`,
			},
		},
		{
			Name: "tool_namespace", Title: "Functions in a namespace", Ask: offers(spaced),
			Native: native{
				responses: `"tools":[{"type":"namespace","name":"crm","description":"The CRM.","tools":[` + responsesTool + `]}]`,
			},
		},
	}, hostedFeatures()...)
}

func hostedFeatures() []Feature {
	mcp := `{"type":"mcp","server_label":"s","server_url":"https://e.example/mcp","require_approval":"never"}`
	return []Feature{
		{
			Name: "web_search", Title: "Web search by the upstream",
			Ask: offers(hosted(responses, "web_search", `{"type":"web_search"}`)),
			Native: native{
				chat:      `"web_search_options":{}`,
				responses: `"tools":[{"type":"web_search"}]`,
				anthropic: `"tools":[{"type":"web_search_20250305","name":"web_search"}]`,
				gemini:    `"tools":[{"googleSearch":{}}]`,
			},
		},
		{
			Name: "code_execution", Title: "Code run by the upstream",
			Ask: offers(hosted(responses, "code_interpreter", `{"type":"code_interpreter","container":{"type":"auto"}}`)),
			Native: native{
				responses: `"tools":[{"type":"code_interpreter","container":{"type":"auto"}}]`,
				anthropic: `"tools":[{"type":"code_execution_20250825","name":"code_execution"}]`,
				gemini:    `"tools":[{"codeExecution":{}}]`,
			},
		},
		{
			Name: "mcp_tool", Title: "Tools of an MCP server, called by the upstream",
			Ask: offers(hosted(responses, "mcp", mcp)),
			Native: native{
				responses: `"tools":[` + mcp + `]`,
				anthropic: `"mcp_servers":[{"type":"url","url":"https://e.example/mcp","name":"s"}],"tools":[{"type":"mcp_toolset","mcp_server_name":"s"}]`,
			},
		},
		{
			Name: "computer_use", Title: "Computer use",
			Ask: offers(hosted(responses, "computer_use_preview", `{"type":"computer_use_preview","display_width":800,"display_height":600,"environment":"browser"}`)),
			Native: native{
				responses: `"tools":[{"type":"computer_use_preview","display_width":800,"display_height":600,"environment":"browser"}]`,
				anthropic: `"tools":[{"type":"computer_20250124","name":"computer","display_width_px":800,"display_height_px":600}]`,
				gemini:    `"tools":[{"computerUse":{"environment":"ENVIRONMENT_BROWSER"}}]`,
			},
		},
	}
}

// choosing is the tools f and g with a choice, in each spelling.
func choosing(of native) native {
	with := native{
		chat:      `"tools":[` + chatTool + `,{"type":"function","function":{"name":"g"}}]`,
		responses: `"tools":[` + responsesTool + `,{"type":"function","name":"g","parameters":null,"strict":false}]`,
		anthropic: `"tools":[` + anthropicTool + `,{"name":"g","input_schema":{"type":"object"}}]`,
		gemini:    `"tools":[` + geminiTool + `,{"functionDeclarations":[{"name":"g"}]}]`,
	}
	out := native{}
	for p, choice := range of {
		out[p] = with[p] + "," + choice
	}
	return out
}

func chooses(c *llm.ToolChoice) func(*llm.Request) {
	return and(offers(functionTool(), llm.Tool{Kind: llm.ToolFunction, Name: "g"}), func(r *llm.Request) { r.ToolChoice = c })
}

func choiceFeatures() []Feature {
	config := func(v string) string { return `"toolConfig":{"functionCallingConfig":{` + v + `}}` }
	return []Feature{
		{
			Name: "choice_auto", Title: "Auto", Ask: chooses(&llm.ToolChoice{Mode: llm.ToolModeAuto}),
			Native: choosing(native{
				chat: `"tool_choice":"auto"`, responses: `"tool_choice":"auto"`,
				anthropic: `"tool_choice":{"type":"auto"}`, gemini: config(`"mode":"AUTO"`),
			}),
		},
		{
			Name: "choice_none", Title: "None", Ask: chooses(&llm.ToolChoice{Mode: llm.ToolModeNone}),
			Native: choosing(native{
				chat: `"tool_choice":"none"`, responses: `"tool_choice":"none"`,
				anthropic: `"tool_choice":{"type":"none"}`, gemini: config(`"mode":"NONE"`),
			}),
		},
		{
			Name: "choice_required", Title: "Any, but one", Ask: chooses(&llm.ToolChoice{Mode: llm.ToolModeRequired}),
			Native: choosing(native{
				chat: `"tool_choice":"required"`, responses: `"tool_choice":"required"`,
				anthropic: `"tool_choice":{"type":"any"}`, gemini: config(`"mode":"ANY"`),
			}),
		},
		{
			Name: "choice_named", Title: "A named one",
			Ask: chooses(&llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "f", Kind: llm.ToolFunction}),
			Native: choosing(native{
				chat:      `"tool_choice":{"type":"function","function":{"name":"f"}}`,
				responses: `"tool_choice":{"type":"function","name":"f"}`,
				anthropic: `"tool_choice":{"type":"tool","name":"f"}`,
				gemini:    config(`"mode":"ANY","allowedFunctionNames":["f"]`),
			}),
		},
		{
			Name: "choice_allowed", Title: "An allowed set",
			Ask: chooses(&llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"f"}}),
			Native: choosing(native{
				chat:      `"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}`,
				responses: `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}`,
				gemini:    config(`"mode":"VALIDATED","allowedFunctionNames":["f"]`),
			}),
		},
		{
			Name: "choice_allowed_required", Title: "One of an allowed set",
			Ask: chooses(&llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"f", "g"}, AllowedRequired: true}),
			Native: choosing(native{
				chat:      `"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]}}`,
				responses: `"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}]}`,
				gemini:    config(`"mode":"ANY","allowedFunctionNames":["f","g"]`),
			}),
		},
		{
			Name: "choice_in_namespace", Title: "A named one in a namespace",
			Ask: func(r *llm.Request) {
				t := functionTool()
				t.Namespace = "crm"
				r.Tools = []llm.Tool{t}
				r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "f", Kind: llm.ToolFunction}
			},
			Native: native{
				responses: `"tools":[{"type":"namespace","name":"crm","tools":[` + responsesTool + `]}],"tool_choice":{"type":"function","name":"f"}`,
			},
		},
		{
			Name: "parallel_off", Title: "No parallel calls",
			Ask: and(chooses(nil), func(r *llm.Request) { r.ParallelTools = new(false) }),
			Native: choosing(native{
				chat: `"parallel_tool_calls":false`, responses: `"parallel_tool_calls":false`,
				anthropic: `"tool_choice":{"type":"auto","disable_parallel_tool_use":true}`,
			}),
		},
	}
}

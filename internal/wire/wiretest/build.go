package wiretest

import "github.com/plexus-gateway/plexus/internal/llm"

// Words for requests, so that the tables stay short.

// Short names of the protocols of the tables.
const (
	chat        = llm.OpenAIChat
	responses   = llm.OpenAIResponses
	anthropic   = llm.AnthropicMessages
	gemini      = llm.Gemini
	completions = llm.OpenAICompletions
	ollama      = llm.Ollama
)

// Data of media: a PNG header, a WAV header and a PDF header.
const (
	pngData = "iVBORw0KGgo="
	wavData = "UklGRiQAAABXQVZF"
	mp4Data = "AAAAIGZ0eXBpc29t"
	pdfData = "JVBERi0xLjQK"
)

// schema is the schema of the tool f and of structured answers.
const schema = `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`

func text(s string) *llm.Text { return &llm.Text{Text: s} }

func user(blocks ...llm.Block) llm.Message { return llm.Message{Role: llm.RoleUser, Blocks: blocks} }

func assistant(blocks ...llm.Block) llm.Message {
	return llm.Message{Role: llm.RoleAssistant, Blocks: blocks}
}

func tool(blocks ...llm.Block) llm.Message { return llm.Message{Role: llm.RoleTool, Blocks: blocks} }

func call(id, input string) *llm.ToolCall {
	return &llm.ToolCall{CallID: id, Name: "f", Kind: llm.ToolFunction, Input: llm.Raw(input)}
}

func result(id string, blocks ...llm.Block) *llm.ToolResult {
	return &llm.ToolResult{CallID: id, Name: "f", Kind: llm.ToolFunction, Blocks: blocks}
}

// says sets the conversation.
func says(messages ...llm.Message) func(*llm.Request) {
	return func(r *llm.Request) { r.Messages = messages }
}

// asks sets the question's blocks.
func asks(blocks ...llm.Block) func(*llm.Request) { return says(user(blocks...)) }

func functionTool() llm.Tool {
	return llm.Tool{Kind: llm.ToolFunction, Name: "f", Description: "Does f.", Schema: llm.Raw(schema)}
}

// offers sets the tools.
func offers(tools ...llm.Tool) func(*llm.Request) {
	return func(r *llm.Request) { r.Tools = tools }
}

// and asks for several things.
func and(all ...func(*llm.Request)) func(*llm.Request) {
	return func(r *llm.Request) {
		for _, f := range all {
			f(r)
		}
	}
}

// hosted is a tool that the upstream runs, as the protocol spells it.
func hosted(p llm.Protocol, kind, raw string) llm.Tool {
	return llm.Tool{Kind: llm.ToolServer, Name: kind, Type: kind, Native: &llm.Native{Protocol: p, Raw: llm.Raw(raw)}}
}

func signed(p llm.Protocol, data string) *llm.Signature {
	return &llm.Signature{Data: data, Origin: llm.Origin{Protocol: p}}
}

// native is the table of a feature's spellings.
type native = map[llm.Protocol]string

package toolmap_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/toolmap"
)

// legal has the pattern of each protocol's names.
var legal = map[llm.Protocol]*regexp.Regexp{
	llm.AnthropicMessages: regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`),
	llm.OpenAIChat:        regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`),
	llm.OpenAIResponses:   regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`),
	llm.Gemini:            regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$`),
	llm.Ollama:            regexp.MustCompile(`(?s)^.+$`),
	"some.other":          regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`),
}

func function(space, name string) llm.Tool {
	return llm.Tool{Kind: llm.ToolFunction, Namespace: space, Name: name}
}

func custom(space, name string) llm.Tool {
	return llm.Tool{Kind: llm.ToolCustom, Namespace: space, Name: name}
}

func call(space, name, input string) *llm.ToolCall {
	return &llm.ToolCall{CallID: "c", Kind: llm.ToolFunction, Namespace: space, Name: name, Input: llm.Raw(input)}
}

func answer(blocks ...llm.Block) *llm.Response {
	return &llm.Response{Choices: []llm.Choice{{Blocks: blocks}}}
}

func called(t require.TestingT, r *llm.Response) *llm.ToolCall {
	require.Len(t, r.Choices, 1)
	require.Len(t, r.Choices[0].Blocks, 1)
	c, ok := r.Choices[0].Blocks[0].(*llm.ToolCall)
	require.True(t, ok)
	return c
}

// onWire is the name that a codec writes for a tool of the mapped request.
func onWire(out llm.Protocol, space, name string) (string, string) {
	if out == llm.OpenAIResponses || space == "" {
		return space, name
	}
	return "", space + "__" + name
}

func TestWhatNeedsNoMappingIsLeftAlone(t *testing.T) {
	t.Parallel()
	req := &llm.Request{
		Tools: []llm.Tool{function("", "a"), function("", "b-2"), {Kind: llm.ToolServer, Name: "web search!"}},
		Messages: []llm.Message{
			{Role: llm.RoleAssistant, Blocks: []llm.Block{call("", "a", `{}`), &llm.Text{Text: "x"}}},
			{Role: llm.RoleTool, Blocks: []llm.Block{&llm.ToolResult{CallID: "c", Name: "a"}}},
		},
	}
	resp := answer(call("", "a", `{"input":"x"}`))
	for out := range legal {
		m := toolmap.New(req, out)
		require.Same(t, req, m.Request())
		require.Same(t, resp, m.Response(resp))
		require.Nil(t, m.Stream())
		ev := &llm.Event{Type: llm.EventPing}
		m.Stream().Event(ev, func(got *llm.Event) { require.Same(t, ev, got) })
	}
}

func TestLegalNamesInNamespacesAreFlattenedByTheCodec(t *testing.T) {
	t.Parallel()
	req := &llm.Request{Tools: []llm.Tool{function("fs", "read"), function("", "read")}}
	m := toolmap.New(req, llm.AnthropicMessages)
	require.Same(t, req, m.Request())
	c := called(t, m.Response(answer(call("", "fs__read", `{"a":1}`))))
	require.Equal(t, call("fs", "read", `{"a":1}`), c)
	require.Equal(t, "read", called(t, m.Response(answer(call("", "read", ``)))).Name)
	require.Equal(t, "write", called(t, m.Response(answer(call("", "write", ``)))).Name, "an unknown tool")
	m = toolmap.New(req, llm.OpenAIResponses)
	require.Same(t, req, m.Request())
	require.Nil(t, m.Stream())
}

func TestNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 70)
	for _, c := range []struct {
		name  string
		out   llm.Protocol
		tools []llm.Tool
		want  []string
	}{
		{"dots", llm.AnthropicMessages, []llm.Tool{function("", "fs.read")}, []string{"fs_read"}},
		{"dots are fine", llm.Gemini, []llm.Tool{function("", "fs.read"), function("", "2x")}, []string{"fs.read", "_2x"}},
		{"legal names come first", llm.OpenAIChat, []llm.Tool{function("", "a.b"), function("", "a_b")}, []string{"a_b_05f852d5", "a_b"}},
		{"two of a kind", llm.OpenAIChat, []llm.Tool{function("", "a.b"), function("", "a:b")}, []string{"a_b_05f852d5", "a_b_174713bf"}},
		{"long", llm.OpenAIChat, []llm.Tool{function("", long)}, []string{long[:55] + "_bc3468d7"}},
		{"long is fine", llm.AnthropicMessages, []llm.Tool{function("", long)}, []string{long}},
		{"server tools keep theirs", llm.AnthropicMessages, []llm.Tool{{Kind: llm.ToolServer, Name: "a_b"}, function("", "a.b")}, []string{"a_b", "a_b_05f852d5"}},
		{"unicode", llm.OpenAIChat, []llm.Tool{function("", "größe")}, []string{"gr__e"}},
		{"empty", llm.OpenAIChat, []llm.Tool{function("", "")}, []string{"_"}},
		{"anything goes", llm.Ollama, []llm.Tool{function("", "größe"), function("a.b", "c")}, []string{"größe", "c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := toolmap.New(&llm.Request{Tools: c.tools}, c.out).Request()
			var names []string
			for _, tool := range got.Tools {
				names = append(names, tool.Name)
			}
			require.Equal(t, c.want, names)
		})
	}
}

func TestNamespacesThatLookAlikeAreTold(t *testing.T) {
	t.Parallel()
	tools := []llm.Tool{function("a", "b__c"), function("a__b", "c"), function("", "a__b__c"), function("x", "y"), custom("z", "y")}
	m := toolmap.New(&llm.Request{Tools: tools}, llm.OpenAIChat)
	seen := map[string]bool{}
	for i, tool := range m.Request().Tools {
		_, name := onWire(llm.OpenAIChat, tool.Namespace, tool.Name)
		require.False(t, seen[name])
		seen[name] = true
		c := called(t, m.Response(answer(call("", name, `{}`))))
		require.Equal(t, tools[i].Namespace, c.Namespace)
		require.Equal(t, tools[i].Name, c.Name)
		require.Equal(t, tools[i].Kind, c.Kind)
	}
	require.True(t, seen["a__b__c"], "a tool in no namespace keeps its name")
}

func TestHistoryAndChoiceFollow(t *testing.T) {
	t.Parallel()
	native := &llm.Native{Protocol: llm.OpenAIChat, Raw: llm.Raw(`{}`)}
	req := &llm.Request{
		Tools:      []llm.Tool{function("fs", "read"), function("", "a.b"), custom("", "patch")},
		ToolChoice: &llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"read", "a.b", "other"}, Native: native},
		Messages: []llm.Message{
			{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: "x"}}},
			{Role: llm.RoleAssistant, Blocks: []llm.Block{
				&llm.ToolCall{CallID: "1", Namespace: "fs", Name: "read"}, &llm.ToolCall{CallID: "2", Name: "a.b"},
				&llm.ToolCall{CallID: "3", Name: "gone!"}, &llm.ToolCall{CallID: "4", Name: "web!", Kind: llm.ToolServer},
			}},
			{Role: llm.RoleTool, Blocks: []llm.Block{
				&llm.ToolResult{CallID: "1", Name: "read"}, &llm.ToolResult{CallID: "2", Name: "a.b"}, &llm.ToolResult{CallID: "2"},
				&llm.ToolResult{CallID: "9", Name: "never called"},
			}},
		},
	}
	before := slices.Clone(req.Messages[1].Blocks)
	got := toolmap.New(req, llm.OpenAIChat).Request()
	require.Equal(t, []string{"fs__read", "a_b", "other"}, got.ToolChoice.Allowed)
	require.Nil(t, got.ToolChoice.Native, "it says the old names")
	require.Same(t, req.Messages[1].Blocks[0], got.Messages[1].Blocks[0], "the codec flattens it")
	var names []string
	for _, m := range got.Messages {
		for _, b := range m.Blocks {
			switch b := b.(type) {
			case *llm.ToolCall:
				names = append(names, b.Name)
			case *llm.ToolResult:
				names = append(names, b.Name)
			}
		}
	}
	require.Equal(t, []string{"read", "a_b", "gone_", "web!", "fs__read", "a_b", "", "never_called"}, names)
	require.Equal(t, before, req.Messages[1].Blocks, "the client's request stays as it is")
	require.Equal(t, "a.b", req.Tools[1].Name)
	require.Equal(t, "read", req.ToolChoice.Allowed[0])

	req.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "read"}
	require.Equal(t, "fs__read", toolmap.New(req, llm.Gemini).Request().ToolChoice.Name)
	require.Equal(t, "read", toolmap.New(req, llm.OpenAIResponses).Request().ToolChoice.Name)
	req.ToolChoice.Kind = llm.ToolServer
	require.Same(t, req.ToolChoice, toolmap.New(req, llm.Gemini).Request().ToolChoice)
}

func TestNamespacesOfTheResponsesProtocol(t *testing.T) {
	t.Parallel()
	tools := []llm.Tool{function("a.b", "c.d"), function("a.b", "e"), function("a:b", "e"), function("", "e"), custom("", "e.f")}
	m := toolmap.New(&llm.Request{Tools: tools}, llm.OpenAIResponses)
	got := m.Request().Tools
	require.Equal(t, got[0].Namespace, got[1].Namespace, "a group stays together")
	require.NotEqual(t, got[1].Namespace, got[2].Namespace)
	for i, tool := range got {
		c := call(tool.Namespace, tool.Name, `text`)
		c.Kind = tool.Kind
		back := called(t, m.Response(answer(c)))
		require.Equal(t, tools[i].Namespace, back.Namespace)
		require.Equal(t, tools[i].Name, back.Name)
		require.Equal(t, "text", string(back.Input))
	}
}

func TestResponseSharesWhatStays(t *testing.T) {
	t.Parallel()
	m := toolmap.New(&llm.Request{Tools: []llm.Tool{function("a", "b")}}, llm.Gemini)
	server := &llm.ToolCall{Kind: llm.ToolServer, Name: "a__b"}
	text := &llm.Text{Text: "x"}
	resp := &llm.Response{ID: "r", Choices: []llm.Choice{{Blocks: []llm.Block{text}}, {Index: 1, Blocks: []llm.Block{text, call("", "a__b", `{}`), server}}}}
	got := m.Response(resp)
	require.NotSame(t, resp, got)
	require.Same(t, text, got.Choices[1].Blocks[0])
	require.Same(t, server, got.Choices[1].Blocks[2])
	require.Equal(t, call("", "a__b", `{}`), resp.Choices[1].Blocks[1], "the upstream's answer stays as it is")
	require.Equal(t, call("a", "b", `{}`), got.Choices[1].Blocks[1])
}

// Every declared tool has a legal name of its own, whatever the client calls
// it, and a call by that name comes back as the client's.
func TestNamesRoundTrip(t *testing.T) {
	t.Parallel()
	word := rapid.OneOf(rapid.StringMatching(`[ab._]{0,3}`), rapid.StringMatching(`[a_]{50,140}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		req := &llm.Request{}
		seen := map[[2]string]bool{}
		for range rapid.IntRange(1, 6).Draw(t, "tools") {
			tool := function(rapid.OneOf(rapid.Just(""), word).Draw(t, "namespace"), word.Draw(t, "name"))
			if key := [2]string{tool.Namespace, tool.Name}; !seen[key] {
				seen[key] = true
				tool.Kind = rapid.SampledFrom([]llm.ToolKind{llm.ToolFunction, llm.ToolCustom}).Draw(t, "kind")
				req.Tools = append(req.Tools, tool)
				req.Messages = append(req.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{
					&llm.ToolCall{CallID: "c", Namespace: tool.Namespace, Name: tool.Name, Kind: tool.Kind},
				}})
			}
		}
		for out, pattern := range legal {
			m := toolmap.New(req, out)
			again := toolmap.New(req, out)
			wire := map[[2]string]bool{}
			for i, tool := range m.Request().Tools {
				require.Equal(t, tool, again.Request().Tools[i], "names are the same every time")
				space, name := onWire(out, tool.Namespace, tool.Name)
				require.Regexp(t, pattern, name)
				require.False(t, wire[[2]string{space, name}], "two tools of one name")
				wire[[2]string{space, name}] = true
				c, ok := m.Request().Messages[i].Blocks[0].(*llm.ToolCall)
				require.True(t, ok)
				require.Equal(t, [2]string{tool.Namespace, tool.Name}, [2]string{c.Namespace, c.Name}, "history says the same")

				up := call(space, name, `{"input":"x"}`)
				if out == llm.OpenAIResponses {
					up.Kind = tool.Kind
				}
				got := called(t, m.Response(answer(up)))
				want := req.Tools[i]
				require.Equal(t, [2]string{want.Namespace, want.Name}, [2]string{got.Namespace, got.Name})
				require.Equal(t, want.Kind, got.Kind)
			}
		}
	})
}

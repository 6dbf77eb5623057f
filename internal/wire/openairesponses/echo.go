package openairesponses

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// echoMember is a member of the response object that repeats the request.
type echoMember struct {
	name string
	// unasked is its value when the request does not say it.
	unasked string
	// said appends the request's value, or returns b as it is when there is none.
	said func(b []byte, r *llm.Request) []byte
}

// echoes lists what clients demand of a response object beside its result, in
// the order of OpenAI's answers.
var echoes = []echoMember{
	{"access_programs", `{"cyber":"standard"}`, nil},
	{"background", "false", func(b []byte, r *llm.Request) []byte { return appendBoolValue(b, r.Background) }},
	{"conversation", "null", appendConversationEcho},
	{"instructions", "null", func(b []byte, r *llm.Request) []byte { return appendSystemEcho(b, r) }},
	{"max_output_tokens", "null", func(b []byte, r *llm.Request) []byte { return appendIntValue(b, r.MaxTokens) }},
	{"max_tool_calls", "null", nil},
	{"parallel_tool_calls", "true", func(b []byte, r *llm.Request) []byte { return appendBoolValue(b, r.ParallelTools) }},
	{"previous_response_id", "null", func(b []byte, r *llm.Request) []byte { return appendTextValue(b, r.PreviousResponseID) }},
	{"prompt_cache_key", "null", func(b []byte, r *llm.Request) []byte { return appendTextValue(b, r.PromptCacheKey) }},
	{"prompt_cache_retention", "null", func(b []byte, r *llm.Request) []byte { return appendTextValue(b, r.PromptCacheRetention) }},
	{"reasoning", `{"effort":null,"summary":null}`, appendReasoningEcho},
	{"safety_identifier", "null", func(b []byte, r *llm.Request) []byte { return appendTextValue(b, safetyIdentifier(r.Ext)) }},
	{"store", "true", func(b []byte, r *llm.Request) []byte { return appendBoolValue(b, r.Store) }},
	{"temperature", "1", func(b []byte, r *llm.Request) []byte { return appendFloatValue(b, r.Sampling.Temperature) }},
	{"text", `{"format":{"type":"text"}}`, appendTextEcho},
	{"tool_choice", `"auto"`, appendChoiceEcho},
	{"tools", "[]", appendToolsEcho},
	{"top_logprobs", "0", func(b []byte, r *llm.Request) []byte { return appendIntValue(b, r.Sampling.TopLogprobs) }},
	{"top_p", "1", func(b []byte, r *llm.Request) []byte { return appendFloatValue(b, r.Sampling.TopP) }},
	{"truncation", `"disabled"`, func(b []byte, r *llm.Request) []byte { return appendTextValue(b, r.Truncation) }},
	{"user", "null", appendUserEcho},
	{"metadata", "{}", appendMetadataEcho},
}

// isDefaultEcho reports whether a member says only what encoding would say
// anyway, so that it need not be kept.
func isDefaultEcho(name []byte, v llm.Raw) bool {
	for i := range echoes {
		if echoes[i].name == string(name) {
			return echoes[i].unasked == string(bytes.TrimSpace(v))
		}
	}
	return false
}

// appendEchoes appends what the upstream said beside its result, and then what
// is still missing of echoes: from the request, or by default.
func appendEchoes(b []byte, ext llm.Ext, req *llm.Request) []byte {
	b = appendExt(b, ext, protocol)
	for i := range echoes {
		e := &echoes[i]
		if ownMember(ext, protocol, e.name) != nil {
			continue
		}
		b = wirejson.AppendName(b, e.name)
		n := len(b)
		if req != nil {
			if e.said != nil {
				b = e.said(b, req)
			} else {
				b = append(b, ownMember(req.Ext, protocol, e.name)...)
			}
		}
		if len(b) == n {
			b = append(b, e.unasked...)
		}
	}
	return b
}

func appendBoolValue(b []byte, v *bool) []byte {
	switch {
	case v == nil:
		return b
	case *v:
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

// value strips the name that the append functions of requests put before it.
func value(named []byte) []byte {
	_, v, _ := bytes.Cut(named, []byte(":"))
	return v
}

func appendIntValue(b []byte, n *int64) []byte { return append(b, value(appendInt(nil, "v", n))...) }

func appendFloatValue(b []byte, f *float64) []byte {
	return append(b, value(appendFloat(nil, "v", f))...)
}

func appendTextValue(b []byte, s string) []byte {
	if s == "" {
		return b
	}
	return wirejson.AppendText(b, s)
}

func appendSystemEcho(b []byte, r *llm.Request) []byte {
	e := requestEncoder{req: r}
	return append(b, value(e.instructions(nil))...)
}

func appendConversationEcho(b []byte, r *llm.Request) []byte {
	if r.Conversation == "" {
		return b
	}
	return append(appendMember(append(b, '{'), "id", r.Conversation), '}')
}

func appendReasoningEcho(b []byte, r *llm.Request) []byte {
	c := r.Reasoning
	if c == nil {
		return b
	}
	b = append(b, '{')
	for _, m := range [...]struct{ name, text string }{{"effort", c.Effort}, {"summary", c.Summary}} {
		b = wirejson.AppendName(b, m.name)
		if m.text == "" {
			b = append(b, "null"...)
		} else {
			b = wirejson.AppendText(b, m.text)
		}
	}
	return append(appendExt(b, c.Ext, protocol), '}')
}

func appendTextEcho(b []byte, r *llm.Request) []byte {
	if r.Format == nil && r.Verbosity == "" && !hasScope(r.Ext, textScope) {
		return b
	}
	if r.Format == nil {
		plain := *r
		plain.Format = &llm.Format{Type: "text"}
		r = &plain
	}
	return appendTextObject(b, r)
}

func appendChoiceEcho(b []byte, r *llm.Request) []byte {
	if r.ToolChoice == nil {
		return b
	}
	var losses llm.Losses // an echo loses nothing that matters
	return append(b, value(appendToolChoice(nil, r.ToolChoice, r.Tools, &losses))...)
}

func appendToolsEcho(b []byte, r *llm.Request) []byte {
	tools := listed(r.Tools)
	if len(tools) == 0 {
		return b
	}
	var losses llm.Losses // an echo loses nothing that matters
	return appendTools(b, tools, &losses)
}

func appendUserEcho(b []byte, r *llm.Request) []byte {
	if safety, _ := wirejson.Text(ownMember(r.Ext, markScope, "safety_identifier")); safety == r.User {
		return b
	}
	return appendTextValue(b, r.User)
}

func appendMetadataEcho(b []byte, r *llm.Request) []byte {
	return append(b, value(appendMetadata(nil, r.Metadata))...)
}

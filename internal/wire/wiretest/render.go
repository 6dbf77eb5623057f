package wiretest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// renderer spells conversations, one block a line. Ids of calls are told by
// number, because protocols bound their length and letters.
type renderer struct{ ids map[string]string }

func isInstruction(role llm.Role) bool { return role == llm.RoleSystem || role == llm.RoleDeveloper }

// system joins the instructions outside the conversation with those that begin
// it: protocols have the one or the other, and cut them as they like.
func (w *renderer) system(r *llm.Request) string {
	blocks := slices.Clone(r.System)
	for i := range r.Messages {
		if !isInstruction(r.Messages[i].Role) {
			break
		}
		blocks = append(blocks, r.Messages[i].Blocks...)
	}
	var out []string
	for _, b := range blocks {
		t, ok := b.(*llm.Text)
		if !ok {
			out = append(out, w.block(b))
			continue
		}
		out = append(out, t.Text+mark(t.Cache))
	}
	return strings.Join(out, "\n\n")
}

// messages tells who said what. Where one's message ends and their next begins
// is not told: some protocols join them.
func (w *renderer) messages(r *llm.Request) string {
	var out []string
	leading := true
	for i := range r.Messages {
		m := &r.Messages[i]
		if leading = leading && isInstruction(m.Role); leading {
			continue
		}
		who := string(m.Role)
		if m.Name != "" {
			who += "(" + m.Name + ")"
		}
		for _, b := range m.Blocks {
			out = append(out, who+" "+w.block(b))
		}
	}
	return strings.Join(out, "\n")
}

func (w *renderer) id(id string) string {
	if w.ids[id] == "" {
		w.ids[id] = fmt.Sprintf("#%d", len(w.ids)+1)
	}
	return w.ids[id]
}

func (w *renderer) block(b llm.Block) string {
	said := ""
	switch b := b.(type) {
	case *llm.Text:
		said = fmt.Sprintf("text %q%s%s%s", b.Text, sign(b.Signature), cited(b.Citations), word(" phase ", b.Phase))
	case *llm.Reasoning:
		said = fmt.Sprintf("thinking %q%s%s%s", gaps(b.Text), word(" summary ", strings.Join(b.Summary, "|")), sign(b.Signature), word(" sealed", sign(b.Encrypted)))
	case *llm.Media:
		said = mediaLine(b) + sign(b.Signature)
	case *llm.ToolCall:
		said = fmt.Sprintf("call %s %s %s%s", w.id(b.CallID), full(b.Namespace, b.Name), input(b), sign(b.Signature))
		if b.Kind == llm.ToolServer {
			said = "server call " + b.Name
		}
	case *llm.ToolResult:
		said = "result " + w.id(b.CallID) + w.resultBody(b)
	case *llm.ServerToolResult:
		said = "server result " + b.Name
	case *llm.Refusal:
		said = fmt.Sprintf("refusal %q", b.Text)
	case *llm.Opaque:
		said = "opaque " + b.Type
	}
	return said + mark(b.Common().Cache)
}

// gaps spells thinking with one line feed for each of its gaps: where one
// thought ends and the next begins protocols have what they like.
func gaps(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' }), "\n")
}

// input spells a call's input. Free text is told as the one argument "input"
// where a protocol has functions only; the tool's definition tells the kind.
func input(c *llm.ToolCall) string {
	if c.Kind != llm.ToolCustom {
		return compact(c.Input)
	}
	b, err := json.Marshal(map[string]string{"input": string(c.Input)})
	if err != nil {
		return string(c.Input)
	}
	return string(b)
}

func (w *renderer) resultBody(b *llm.ToolResult) string {
	out := ""
	if b.IsError {
		out = " error"
	}
	for _, part := range b.Blocks {
		out += " [" + w.block(part) + "]"
	}
	return out
}

func full(space, name string) string {
	if space == "" {
		return name
	}
	return space + "__" + name
}

func word(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

func sign(s *llm.Signature) string {
	if s == nil {
		return ""
	}
	return " signature " + s.Data
}

func mark(c *llm.CacheMark) string {
	if c == nil {
		return ""
	}
	return " cache(" + c.TTL + ")"
}

func cited(all []llm.Citation) string {
	var out strings.Builder
	for _, c := range all {
		out.WriteString(" citing " + c.URL + " " + c.Title)
	}
	return out.String()
}

func mediaLine(m *llm.Media) string {
	var out strings.Builder
	out.WriteString(string(m.Kind))
	if m.Text != "" { // the same as its bytes
		same := *m
		same.Data, same.Text, same.MIME = base64.StdEncoding.EncodeToString([]byte(m.Text)), "", "text/plain"
		m = &same
	}
	for _, part := range []struct{ name, value string }{
		{"data", m.Data},
		{"url", m.URL},
		{"file", m.FileID},
		{"name", m.Name},
		{"context", m.Context},
		{"transcript", m.Transcript},
	} {
		out.WriteString(word(" "+part.name+" ", part.value))
	}
	if m.Data != "" { // the type of what stands elsewhere is told by who has it
		out.WriteString(word(" type ", m.MIME))
	}
	if m.Detail != "auto" {
		out.WriteString(word(" detail ", m.Detail))
	}
	if m.CitationsOn != nil && *m.CitationsOn {
		out.WriteString(" to be cited")
	}
	return out.String()
}

func tools(all []llm.Tool) string {
	var out []string
	for i := range all {
		t := &all[i]
		if t.Kind == llm.ToolServer {
			out = append(out, "server "+hostedName(t.Type)+mark(t.Cache))
			continue
		}
		line := fmt.Sprintf("%s %s %q %s%s", t.Kind, full(t.Namespace, t.Name), t.Description, parameters(t.Schema), mark(t.Cache))
		if t.Strict != nil && *t.Strict {
			line += " strict"
		}
		if t.Grammar != nil {
			line += " grammar " + t.Grammar.Syntax + " " + t.Grammar.Definition
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// parameters spells a schema; those that allow no arguments are all one.
func parameters(s llm.Raw) string {
	switch v := compact(s); v {
	case "", "null", "{}", `{"type":"object"}`, `{"properties":{},"type":"object"}`:
		return "-"
	default:
		return v
	}
}

// hostedName names what a hosted tool does, whatever it is called.
func hostedName(kind string) string {
	kind = strings.ToLower(kind)
	for _, known := range []struct{ word, name string }{
		{"search", "web_search"}, {"code", "code_execution"}, {"computer", "computer_use"}, {"mcp", "mcp"},
	} {
		if strings.Contains(kind, known.word) {
			return known.name
		}
	}
	return kind
}

func choice(c *llm.ToolChoice, tools []llm.Tool) string {
	if c == nil {
		return string(llm.ToolModeAuto)
	}
	switch c.Mode { //nolint:exhaustive // the others are one word
	case llm.ToolModeNamed:
		return "one of " + chosen(c.Name, tools)
	case llm.ToolModeAllowed:
		must := "any of "
		if c.AllowedRequired {
			must = "one of "
		}
		names := make([]string, len(c.Allowed))
		for i, name := range c.Allowed {
			names[i] = chosen(name, tools)
		}
		return must + strings.Join(names, " ")
	}
	return string(c.Mode)
}

// chosen is the full name of a tool that a choice names without its namespace.
func chosen(name string, tools []llm.Tool) string {
	for i := range tools {
		if tools[i].Name == name {
			return full(tools[i].Namespace, name)
		}
	}
	return name
}

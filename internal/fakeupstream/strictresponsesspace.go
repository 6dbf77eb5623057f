package fakeupstream

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// readNamespace notes the tools of a group as GROUP.TOOL, which is how the
// script calls them.
func readNamespace(h *heard, a at) *refusal {
	var space struct {
		Type        string         `json:"type"`
		Name        string         `json:"name"`
		Description *string        `json:"description"`
		Tools       jsontext.Value `json:"tools"`
	}
	if f := a.strictly(&space); f != nil {
		return openAIFlaw(f)
	}
	if no := checkOpenAIName(a.with("name"), space.Name); no != nil {
		return no
	}
	tools, f := a.in("tools", space.Tools).list()
	if f != nil {
		return openAIFlaw(f)
	}
	var inner heard
	for _, tool := range tools {
		if kind := tool.peek("type"); kind != "function" && kind != "custom" {
			return notOneOf(tool.with("type"), kind, "function", "custom")
		}
		if no := readResponsesTool(&inner, tool); no != nil {
			return no
		}
	}
	for _, t := range inner.Tools {
		h.Tools = append(h.Tools, space.Name+"."+t)
	}
	for _, name := range inner.freeform {
		h.freeform = append(h.freeform, space.Name+"."+name)
	}
	return nil
}

// moreTools reads an item that adds tools to those of the request.
func (t *itemTalk) moreTools(a at) *refusal {
	var m struct {
		Type  string         `json:"type"`
		ID    *string        `json:"id"`
		Role  string         `json:"role"`
		Tools jsontext.Value `json:"tools"`
	}
	if f := a.strictly(&m); f != nil {
		return openAIFlaw(f)
	}
	if m.Role != "developer" {
		return notOneOf(a.with("role"), m.Role, "developer")
	}
	tools, f := a.in("tools", m.Tools).list()
	if f != nil {
		return openAIFlaw(f)
	}
	for _, tool := range tools {
		if no := readResponsesTool(t.h, tool); no != nil {
			return no
		}
	}
	return nil
}

// named appends the name of the tool a call is of, and its group.
func (i *responseItem) named(f fields) fields {
	space, name, found := strings.Cut(i.part.name, ".")
	if !found {
		return append(f, "name", i.part.name)
	}
	return append(f, "name", name, "namespace", space)
}

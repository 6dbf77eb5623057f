package gemini

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// functionResponse is the result of a function. Its response is an object of
// which the API says: "output" holds the output, "error" an error, and without
// either the whole object is the output. Clients also send {"result": …} and
// {"name": …, "content": …}.
type functionResponse struct {
	id, name        string
	response, parts llm.Raw
}

var functionResponseFields = map[string]field[functionResponse]{
	"id":       into(str, func(r *functionResponse, s string) { r.id = s }),
	"name":     into(str, func(r *functionResponse, s string) { r.name = s }),
	"response": into(object, func(r *functionResponse, v llm.Raw) { r.response = v }),
	"parts":    into(array, func(r *functionResponse, v llm.Raw) { r.parts = v }),
}

func (p *part) response() (llm.Block, error) {
	var r functionResponse
	ext, err := decodeData(&r, p, functionResponseFields)
	if err != nil {
		return nil, err
	}
	if r.name == "" && r.id == "" {
		return nil, wrong("functionResponse.name", "is required: the name of the function that was called")
	}
	out := &llm.ToolResult{CallID: r.id, Name: r.name, Kind: llm.ToolFunction, Attrs: p.attrs()}
	if p.signature != "" {
		out.Ext = append(out.Ext, member("thoughtSignature", wirejson.AppendText(nil, p.signature)))
	}
	out.Ext = append(out.Ext, under(p.data, ext)...)
	text, isError, plain := readResponse(r.response)
	if text != "" {
		out.Blocks = append(out.Blocks, &llm.Text{Text: text})
	}
	out.IsError = isError
	if !plain {
		out.Ext = append(out.Ext, spelled("functionResponse.response", r.response))
	}
	if r.parts == nil {
		return out, nil
	}
	err = eachElement(r.parts, func(v llm.Raw) error {
		b, err := resultPart(v)
		out.Blocks = append(out.Blocks, b)
		return err
	})
	return out, in("functionResponse.parts", err)
}

// resultPart reads one part of a function response: inlineData or fileData.
func resultPart(v llm.Raw) (llm.Block, error) {
	p, err := parsePart(v)
	if err != nil {
		return nil, err
	}
	switch p.data {
	case "inlineData":
		return p.inline()
	case "fileData":
		return p.file()
	}
	return &llm.Opaque{Type: "functionResponsePart", Native: p.native()}, nil
}

// readResponse returns what a response says, whether it is an error, and
// whether it is plain: an {"output": string} or {"error": string}, which the
// encoder writes by itself.
func readResponse(v llm.Raw) (text string, isError, plain bool) {
	var output, failure, content llm.Raw
	n, named := 0, false
	for name, v := range wirejson.Members(v) {
		n++
		switch string(name) {
		case "output", "result":
			output = v
			plain = string(name) == "output"
		case "error":
			failure = v
		case "name":
			named = true
		case "content":
			content = v
		}
	}
	switch {
	case n == 1 && output != nil:
		text, isText := valueText(output)
		return text, false, plain && isText
	case failure != nil && output == nil && !wirejson.IsNull(failure):
		text, isText := valueText(failure)
		if n > 1 {
			text = string(v)
		}
		return text, true, n == 1 && isText
	case n == 2 && named && content != nil:
		text, _ := valueText(content)
		return text, false, false
	case n == 0:
		return "", false, v == nil
	}
	return string(v), false, false
}

// valueText returns the text of a string, or any other value as JSON text.
func valueText(v llm.Raw) (text string, isText bool) {
	if s, ok := wirejson.Text(v); ok {
		return s, true
	}
	return string(v), false
}

// resultText joins the texts of a tool result and returns its other blocks.
func resultText(r *llm.ToolResult) (text string, texts int, others []llm.Block) {
	var parts []string
	for _, b := range r.Blocks {
		switch b := b.(type) {
		case *llm.Text:
			parts = append(parts, b.Text)
		case *llm.Refusal:
			parts = append(parts, b.Text)
		default:
			others = append(others, b)
		}
	}
	return strings.Join(parts, "\n"), len(parts), others
}

// writeResponse writes the response object for text, in the client's own shape
// where it still says the same.
func writeResponse(w *writer, r *llm.ToolResult, text string) {
	if own, ok := get(r.Ext, "functionResponse.response"); ok {
		if said, isError, _ := readResponse(own); said == text && isError == r.IsError {
			w.raw("response", own)
			return
		}
	}
	name := "output"
	if r.IsError {
		name = "error"
	}
	w.object("response", func() { w.str(name, text) })
}

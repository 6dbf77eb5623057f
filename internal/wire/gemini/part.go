package gemini

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// part is one member of a content's parts, taken apart. Of data, the union
// field of the API, exactly one member may be set.
type part struct {
	raw        llm.Raw
	data       string // the name of the union member; "" when there is none
	value      llm.Raw
	thought    bool
	signature  string
	resolution llm.Raw
	ext        llm.Ext
}

var partFields = map[string]field[part]{
	"text":                union("text"),
	"inlineData":          union("inlineData"),
	"fileData":            union("fileData"),
	"functionCall":        union("functionCall"),
	"functionResponse":    union("functionResponse"),
	"executableCode":      union("executableCode"),
	"codeExecutionResult": union("codeExecutionResult"),
	"toolCall":            union("toolCall"),
	"toolResponse":        union("toolResponse"),
	"thought":             into(boolean, func(p *part, b bool) { p.thought = b }),
	"thoughtSignature":    into(str, func(p *part, s string) { p.signature = s }),
	"mediaResolution":     into(object, func(p *part, v llm.Raw) { p.resolution = v }),
}

func union(name string) field[part] {
	return func(p *part, v llm.Raw) error {
		if p.data != "" {
			return wrong("", "stands beside %s in one part; give each a part of its own", p.data)
		}
		p.data, p.value = name, v
		return nil
	}
}

func parsePart(raw llm.Raw) (part, error) {
	p := part{raw: raw}
	ext, err := decodeObject(&p, raw, partFields)
	p.ext = ext
	return p, err
}

// blockOf builds the block of each kind of data.
var blockOf = map[string]func(p *part) (llm.Block, error){
	"":                    (*part).bare,
	"text":                (*part).text,
	"inlineData":          (*part).inline,
	"fileData":            (*part).file,
	"functionCall":        (*part).call,
	"functionResponse":    (*part).response,
	"executableCode":      (*part).serverCall,
	"toolCall":            (*part).serverCall,
	"codeExecutionResult": (*part).serverResult,
	"toolResponse":        (*part).serverResult,
}

// block returns the part as a block, or nil for a part that says nothing. Ids
// of calls and results are as they came, possibly empty.
func (p *part) block() (llm.Block, error) {
	if p.thought && p.data != "text" && p.data != "" {
		// A thought that is not text (a picture of an image model's drafts) is
		// no part of the answer; only this protocol can say so.
		return &llm.Opaque{Type: "thought", Native: p.native()}, nil
	}
	return blockOf[p.data](p)
}

// decodeData decodes the part's data.
func decodeData[T any](t *T, p *part, fields map[string]field[T]) (llm.Ext, error) {
	ext, err := decodeObject(t, p.value, fields)
	return ext, in(p.data, err)
}

func (p *part) native() llm.Native { return llm.Native{Protocol: llm.Gemini, Raw: p.raw} }

func (p *part) sig() *llm.Signature {
	if p.signature == "" {
		return nil
	}
	return &llm.Signature{Data: p.signature, Origin: llm.Origin{Protocol: llm.Gemini}}
}

// attrs are the part's unknown members, and mediaResolution where Detail does not say it.
func (p *part) attrs() llm.Attrs {
	ext := p.ext
	if p.resolution != nil {
		ext = append(ext, member("mediaResolution", p.resolution))
	}
	return llm.Attrs{Ext: ext}
}

// bare is a part without data: a lone signature, something this codec does not
// know, or nothing.
func (p *part) bare() (llm.Block, error) {
	switch {
	case p.signature != "" && !p.thought:
		return &llm.Text{Attrs: p.attrs(), Signature: p.sig()}, nil
	case p.signature != "":
		return &llm.Reasoning{Attrs: p.attrs(), Signature: p.sig()}, nil
	case len(p.ext) > 0:
		return &llm.Opaque{Type: p.ext[0].Name, Native: p.native()}, nil
	}
	return nil, nil
}

func (p *part) text() (llm.Block, error) {
	s, err := str(p.value)
	if err != nil {
		return nil, in("text", err)
	}
	if p.thought {
		return &llm.Reasoning{Attrs: p.attrs(), Text: s, Signature: p.sig()}, nil
	}
	return &llm.Text{Attrs: p.attrs(), Text: s, Signature: p.sig()}, nil
}

// blob is inlineData or fileData.
type blob struct{ mime, data, uri, name string }

var blobFields = map[string]field[blob]{
	"mimeType":    into(str, func(b *blob, s string) { b.mime = s }),
	"data":        into(str, func(b *blob, s string) { b.data = s }),
	"fileUri":     into(str, func(b *blob, s string) { b.uri = s }),
	"displayName": into(str, func(b *blob, s string) { b.name = s }),
}

func (p *part) inline() (llm.Block, error) {
	var b blob
	ext, err := decodeData(&b, p, blobFields)
	if err != nil {
		return nil, err
	}
	if b.data == "" {
		return nil, wrong("inlineData.data", "is required: the bytes in base64")
	}
	m := &llm.Media{MIME: b.mime, Data: b.data, Name: b.name, Signature: p.sig()}
	if m.MIME == "" {
		mime, assumed := mimeFor(m)
		if assumed {
			return nil, wrong("inlineData.mimeType", "is required: a type such as image/png")
		}
		m.MIME = mime
	}
	m.Kind = mediaKind(m.MIME, "")
	p.media(m, ext)
	return m, nil
}

func (p *part) file() (llm.Block, error) {
	var b blob
	ext, err := decodeData(&b, p, blobFields)
	if err != nil {
		return nil, err
	}
	if b.uri == "" {
		return nil, wrong("fileData.fileUri", "is required: a URI of a file")
	}
	m := &llm.Media{MIME: b.mime, Name: b.name, Signature: p.sig()}
	if strings.Contains(b.uri, "://") && !isOwnFile(b.uri) {
		m.URL = b.uri
	} else {
		m.FileID = b.uri
	}
	if m.MIME == "" {
		m.MIME = mimeOfURI(b.uri)
	}
	m.Kind = mediaKind(m.MIME, b.uri)
	p.media(m, ext)
	return m, nil
}

// detailOf maps the levels that other protocols have, too.
var detailOf = map[string]string{
	`{"level":"MEDIA_RESOLUTION_LOW"}`:  "low",
	`{"level":"MEDIA_RESOLUTION_HIGH"}`: "high",
}

func (p *part) media(m *llm.Media, nested llm.Ext) {
	if level := wirejson.Member(p.resolution, "level"); level != nil {
		only := `{"level":` + string(level) + `}`
		if d := detailOf[only]; d != "" && countMembers(p.resolution) == 1 {
			m.Detail, p.resolution = d, nil
		}
	}
	m.Attrs = p.attrs()
	m.Ext = append(m.Ext, under(p.data, nested)...)
}

func countMembers(obj llm.Raw) int {
	n := 0
	for range wirejson.Members(obj) {
		n++
	}
	return n
}

// under moves members of a nested object up, with dotted names.
func under(name string, ext llm.Ext) llm.Ext {
	for i := range ext {
		ext[i].Name = name + "." + ext[i].Name
	}
	return ext
}

// functionCall is the call of a function.
type functionCall struct {
	id, name string
	args     llm.Raw
}

var functionCallFields = map[string]field[functionCall]{
	"id":   into(str, func(c *functionCall, s string) { c.id = s }),
	"name": into(str, func(c *functionCall, s string) { c.name = s }),
	"args": into(object, func(c *functionCall, v llm.Raw) { c.args = v }),
}

func (p *part) call() (llm.Block, error) {
	c := functionCall{args: llm.Raw("{}")}
	ext, err := decodeData(&c, p, functionCallFields)
	if err != nil {
		return nil, err
	}
	if c.name == "" {
		return nil, wrong("functionCall.name", "is required: the name of the function called")
	}
	attrs := p.attrs()
	attrs.Ext = append(attrs.Ext, under(p.data, ext)...)
	return &llm.ToolCall{
		Attrs: attrs, CallID: c.id, Name: c.name, Kind: llm.ToolFunction,
		Input: c.args, Signature: p.sig(),
	}, nil
}

// serverTool is what the API's own tools have in common.
type serverTool struct {
	id, kind, code, language string
	args                     llm.Raw
}

var serverToolFields = map[string]field[serverTool]{
	"id":       into(str, func(s *serverTool, v string) { s.id = v }),
	"toolType": into(str, func(s *serverTool, v string) { s.kind = v }),
	"code":     into(str, func(s *serverTool, v string) { s.code = v }),
	"language": into(str, func(s *serverTool, v string) { s.language = v }),
	"args":     into(object, func(s *serverTool, v llm.Raw) { s.args = v }),
}

func (p *part) server() (serverTool, string, error) {
	var s serverTool
	_, err := decodeData(&s, p, serverToolFields)
	name := strings.ToLower(s.kind)
	if p.data == "executableCode" || p.data == "codeExecutionResult" {
		name = "code_execution"
	}
	return s, name, err
}

func (p *part) serverCall() (llm.Block, error) {
	s, name, err := p.server()
	if err != nil {
		return nil, err
	}
	native := p.native()
	call := &llm.ToolCall{CallID: s.id, Name: name, Kind: llm.ToolServer, Input: s.args, Native: &native}
	if p.data == "executableCode" {
		call.Input = jsonOf(func(w *writer) {
			w.open('{')
			w.strIf("language", s.language)
			w.str("code", s.code)
			w.shut('}')
		})
	}
	return call, nil
}

func (p *part) serverResult() (llm.Block, error) {
	s, name, err := p.server()
	if err != nil {
		return nil, err
	}
	native := p.native()
	return &llm.ServerToolResult{CallID: s.id, Name: name, Native: &native}, nil
}

package gemini

import (
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// widths remembers the byte widths of the characters of a text, run by run, so
// that byte offsets can be told as code points without keeping the text.
type widths struct {
	runs []widthRun
	tail []byte // the start of a character whose end has not come
}

type widthRun struct {
	width, count int64
}

// add takes the next piece of the text.
func (ws *widths) add(s string) {
	if len(ws.tail) > 0 {
		s = string(ws.tail) + s
		ws.tail = nil
	}
	for len(s) > 0 {
		if !utf8.FullRuneInString(s) {
			ws.tail = []byte(s)
			return
		}
		_, n := utf8.DecodeRuneInString(s)
		if last := len(ws.runs) - 1; last >= 0 && ws.runs[last].width == int64(n) {
			ws.runs[last].count++
		} else {
			ws.runs = append(ws.runs, widthRun{int64(n), 1})
		}
		s = s[n:]
	}
}

// runes returns how many characters stand before the byte offset; false when
// the text is shorter.
func (ws *widths) runes(offset int64) (int64, bool) {
	var runes int64
	for _, r := range ws.runs {
		size := r.width * r.count
		if offset <= size {
			return runes + offset/r.width, true
		}
		offset -= size
		runes += r.count
	}
	return runes, offset == 0
}

// bytes is the inverse of runes.
func (ws *widths) bytes(runes int64) (int64, bool) {
	var n int64
	for _, r := range ws.runs {
		if runes <= r.count {
			return n + runes*r.width, true
		}
		runes -= r.count
		n += r.count * r.width
	}
	return n, runes == 0
}

// span turns a range of bytes into one of code points; 0, 0 when it is unknown.
func (ws *widths) span(start, end int64) (int64, int64) {
	s, ok1 := ws.runes(start)
	e, ok2 := ws.runes(end)
	if !ok1 || !ok2 || start < 0 || end <= start {
		return 0, 0
	}
	return s, e
}

// groundingCitations reads the sources of groundingMetadata: one citation for
// each supported segment and source, or one for each source without a place.
func groundingCitations(raw llm.Raw, ws *widths) []llm.Citation {
	type source struct {
		uri, title string
		raw        llm.Raw
	}
	var sources []source
	for _, chunk := range wirejson.Elements(wirejson.Member(raw, "groundingChunks")) {
		var s source
		s.raw = chunk
		for _, v := range wirejson.Members(chunk) { // web, retrievedContext, maps, image
			if s.uri == "" {
				s.uri, _ = wirejson.Text(wirejson.Member(v, "uri"))
				s.title, _ = wirejson.Text(wirejson.Member(v, "title"))
			}
		}
		sources = append(sources, s)
	}
	var out []llm.Citation
	for _, support := range wirejson.Elements(wirejson.Member(raw, "groundingSupports")) {
		segment := wirejson.Member(support, "segment")
		start, _ := wirejson.Int(wirejson.Member(segment, "startIndex"))
		end, _ := wirejson.Int(wirejson.Member(segment, "endIndex"))
		text, _ := wirejson.Text(wirejson.Member(segment, "text"))
		c := llm.Citation{Text: text, Protocol: llm.Gemini}
		c.Start, c.End = ws.span(start, end)
		for _, index := range wirejson.Elements(wirejson.Member(support, "groundingChunkIndices")) {
			i, ok := wirejson.Int(index)
			if ok && i >= 0 && i < int64(len(sources)) {
				c.URL, c.Title, c.Raw = sources[i].uri, sources[i].title, sources[i].raw
				out = append(out, c)
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, s := range sources {
		out = append(out, llm.Citation{URL: s.uri, Title: s.title, Protocol: llm.Gemini, Raw: s.raw})
	}
	return out
}

// recitations reads citationMetadata, the sources a text repeats.
func recitations(raw llm.Raw, ws *widths) []llm.Citation {
	list := wirejson.Member(raw, "citations")
	if list == nil {
		list = wirejson.Member(raw, "citationSources") // the name of older models
	}
	var out []llm.Citation
	for _, v := range wirejson.Elements(list) {
		c := llm.Citation{Protocol: llm.Gemini, Raw: v}
		c.URL, _ = wirejson.Text(wirejson.Member(v, "uri"))
		c.Title, _ = wirejson.Text(wirejson.Member(v, "title"))
		start, _ := wirejson.Int(wirejson.Member(v, "startIndex"))
		end, _ := wirejson.Int(wirejson.Member(v, "endIndex"))
		c.Start, c.End = ws.span(start, end)
		out = append(out, c)
	}
	return out
}

// searches returns the number of web searches groundingMetadata tells of.
func searches(raw llm.Raw) int64 {
	return int64(countElements(wirejson.Member(raw, "webSearchQueries")))
}

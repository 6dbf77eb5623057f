package ollama

import (
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Preload answers a request that says nothing to the model: clients send one to
// load it, or, with keep_alive 0, to unload it. What other protocols serve is
// always loaded, so that the answer is known without asking; it is one JSON
// object, also where a stream was asked for. It reports false for all other
// requests. https://github.com/ollama/ollama/blob/main/docs/api.md#load-a-model
func (c Codec) Preload(req *llm.Request) ([]byte, bool) {
	if len(req.Messages) > 0 {
		return nil, false
	}
	reason := doneLoad
	if unloads(ownMember(req.Ext, "keep_alive")) {
		reason = doneUnload
	}
	var w wirejson.Writer
	w.B = append(w.B, '{')
	writeHead(&w, &llm.Response{}, req)
	a := answerOut{generate: c.Generate}
	a.write(&w, nil)
	w.Bool("done", true)
	w.Str("done_reason", reason)
	w.Close('}')
	return w.B, true
}

// unloads reports whether a model is to be kept for no time: 0, "0" or "0s".
func unloads(keepAlive llm.Raw) bool {
	if f, ok := wirejson.Float(keepAlive); ok {
		return f == 0
	}
	s, _ := wirejson.Text(keepAlive)
	d, err := time.ParseDuration(strings.TrimSpace(s))
	return err == nil && d == 0
}

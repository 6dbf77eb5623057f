package openaiembeddings

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EncodeEmbedRequest renders req as the body of POST /embeddings.
func (Codec) EncodeEmbedRequest(req *llm.EmbedRequest, to wire.Target) (*wire.Outbound, []llm.Loss, error) {
	model := to.Model
	if model == "" {
		model = req.Model
	}
	w := wirejson.Writer{B: make([]byte, 0, sizeHint(req))}
	w.Open('{')
	w.Str("model", model)
	writeInput(&w, req)
	w.OptInt("dimensions", req.Dimensions)
	w.OptStr("encoding_format", req.Encoding)
	w.OptStr("user", req.User)
	w.Ext(req.Ext, protocol)
	w.Ext(req.Ext, wirejson.MarkScope(protocol))
	w.Close('}')
	return &wire.Outbound{Path: "/embeddings", Body: w.B}, requestLosses(req), nil
}

func writeInput(w *wirejson.Writer, req *llm.EmbedRequest) {
	if req.Single && len(req.Inputs) == 1 {
		in := &req.Inputs[0]
		if in.Tokens != nil {
			w.Raw("input", in.Tokens)
			return
		}
		w.Str("input", in.Text)
		return
	}
	w.Begin("input", '[')
	for i := range req.Inputs {
		if in := &req.Inputs[i]; in.Tokens != nil {
			w.Elem(in.Tokens)
		} else {
			w.StrElem(in.Text)
		}
	}
	w.Close(']')
}

// unspecified is the task of a client that leaves the choice to the model.
const unspecified = "TASK_TYPE_UNSPECIFIED"

// requestLosses notes what of the request the protocol has no words for.
func requestLosses(req *llm.EmbedRequest) []llm.Loss {
	var losses llm.Losses
	for _, m := range req.Ext {
		if wirejson.Foreign(m, protocol) {
			losses.Drop("extension", m.Name)
		}
	}
	marks := wirejson.MarkScope(protocol)
	var task, title bool
	for i := range req.Inputs {
		in := &req.Inputs[i]
		task = task || in.Task != "" && in.Task != unspecified
		title = title || in.Title != ""
		for _, m := range in.Ext {
			if !wirejson.Foreign(m, protocol) {
				continue
			}
			if m.Name == "parts" { // their texts stand in the input, joined
				losses.Approximate("extension", m.Name)
			} else {
				losses.Drop("extension", m.Name)
			}
		}
	}
	if task && wirejson.ExtOf(req.Ext, marks, "task_type") == nil {
		losses.Drop("task_type", "task_type")
	}
	if title && wirejson.ExtOf(req.Ext, marks, "title") == nil {
		losses.Drop("title", "title")
	}
	return losses.List
}

// sizeHint estimates the length of the body, so that it is not copied while it
// grows.
func sizeHint(req *llm.EmbedRequest) int {
	n := 256
	for i := range req.Inputs {
		in := &req.Inputs[i]
		n += len(in.Text) + len(in.Text)/16 + len(in.Tokens) + 3
	}
	return n
}

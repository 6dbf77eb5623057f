package gemini

import (
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EncodeEmbedRequest renders req as embedContent, or as batchEmbedContents when
// it has several inputs. Tokens are refused with KindUnsupported: the API takes
// text only. Vectors come as numbers, whichever encoding the client asks for, and
// are packed for it later.
func (EmbedCodec) EncodeEmbedRequest(req *llm.EmbedRequest, to wire.Target) (*wire.Outbound, []llm.Loss, error) {
	name := to.Model
	if name == "" {
		name = req.Model
	}
	path, err := modelPath(name)
	if err != nil {
		return nil, nil, err
	}
	w := writer{buf: make([]byte, 0, embedSizeHint(req))}
	w.open('{')
	method := ":embedContent"
	if len(req.Inputs) == 1 {
		if err := w.embed(req, 0, path[1:]); err != nil {
			return nil, nil, err
		}
	} else {
		method = ":batchEmbedContents"
		if err := w.embeds(req, path[1:]); err != nil {
			return nil, nil, err
		}
	}
	w.ext(req.Ext)
	w.shut('}')
	return &wire.Outbound{Path: path + method, Body: w.buf}, embedLosses(req), nil
}

// embeds writes the requests of a batch.
func (w *writer) embeds(req *llm.EmbedRequest, resource string) error {
	w.key("requests")
	w.open('[')
	for i := range req.Inputs {
		w.elem()
		w.open('{')
		if err := w.embed(req, i, resource); err != nil {
			return err
		}
		w.shut('}')
	}
	w.shut(']')
	return nil
}

// embed writes the members of an EmbedContentRequest.
func (w *writer) embed(req *llm.EmbedRequest, i int, resource string) error {
	in := &req.Inputs[i]
	if in.Tokens != nil {
		param := "input"
		if !req.Single {
			param += "[" + strconv.Itoa(i) + "]"
		}
		return unsupportedEmbed(param, "token_input",
			"the Gemini API embeds text only, and the tokens of other models mean nothing to it; send the text they stand for (LangChain: check_embedding_ctx_length=False)")
	}
	w.str("model", resource)
	w.object("content", func() {
		if parts, ok := get(in.Ext, embedParts); ok {
			w.raw(embedParts, parts)
			return
		}
		w.array(embedParts, func() {
			w.elem()
			w.open('{')
			w.str("text", in.Text)
			w.shut('}')
		})
	})
	w.strIf(embedTask, in.Task)
	w.strIf(embedTitle, in.Title)
	w.intIf(embedSize, req.Dimensions)
	w.ext(in.Ext, embedParts)
	return nil
}

// embedLosses notes what of the request the API has no words for.
func embedLosses(req *llm.EmbedRequest) []llm.Loss {
	var losses llm.Losses
	if req.User != "" {
		losses.Drop("user", "user")
	}
	note := func(ext llm.Ext) {
		for _, m := range ext {
			if wirejson.Foreign(m, llm.Gemini) {
				losses.Drop("extension", m.Name)
			}
		}
	}
	note(req.Ext)
	for i := range req.Inputs {
		note(req.Inputs[i].Ext)
	}
	return losses.List
}

// embedSizeHint estimates the length of the body, so that it is not copied
// while it grows.
func embedSizeHint(req *llm.EmbedRequest) int {
	const around = 160 // bytes about each text
	n := around
	for i := range req.Inputs {
		in := &req.Inputs[i]
		n += around + len(in.Text) + len(in.Text)/16 + len(in.Title)
	}
	return n
}

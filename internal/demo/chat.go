package demo

import (
	"net/http"
)

type completion struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"`
	Created int64              `json:"created"`
	Model   string             `json:"model"`
	Choices []completionChoice `json:"choices"`
	Usage   usage              `json:"usage"`
}

type completionChoice struct {
	Index        int              `json:"index"`
	Message      assistantMessage `json:"message"`
	Logprobs     *struct{}        `json:"logprobs"`
	FinishReason string           `json:"finish_reason"`
}

type assistantMessage struct {
	Role      string     `json:"role"`
	Content   *string    `json:"content"`
	Refusal   *string    `json:"refusal"`
	ToolCalls []toolCall `json:"tool_calls,omitempty"`
}

func (s *server) chat(w http.ResponseWriter, r *http.Request) {
	var q chatRequest
	body, ok := readJSON(w, r, &q)
	if !ok {
		return
	}
	b, ok := admit(w, q.Model, false)
	if !ok {
		return
	}
	if e := q.check(); e != nil {
		writeError(w, http.StatusBadRequest, *e)
		return
	}
	id := "chatcmpl-" + digest(string(body))
	w.Header().Set("X-Request-Id", "req_"+digest("request", string(body)))
	w.Header().Set("Openai-Processing-Ms", "1")
	if misbehave(w, r, b) {
		return
	}
	if q.Stream {
		s.stream(w, r, &q, b, id)
		return
	}
	if b.stallStream {
		misbehave(w, r, behaviour{stall: true})
	}
	answers := q.answers()
	if !s.pause(r.Context(), b, len(answers[0].pieces)) {
		panic(http.ErrAbortHandler) // the client went away
	}
	if b.errorInStream {
		writeError(w, http.StatusOK, failureFor(http.StatusInternalServerError))
		return
	}
	writeJSON(w, http.StatusOK, s.completion(&q, id, answers))
}

// admit finds the model and whether it serves this endpoint. It reports false
// after having answered.
func admit(w http.ResponseWriter, id string, embeds bool) (behaviour, bool) {
	if id == "" {
		writeError(w, http.StatusBadRequest, apiError{Type: typeInvalid, Message: "you must provide a model parameter"})
		return behaviour{}, false
	}
	b, ok := find(id)
	faulty := b.fail != 0 || b.rateLimit || b.stall // these fail everywhere
	switch {
	case !ok:
		writeError(w, http.StatusNotFound, unknownModel(id))
	case b.embeds && !embeds:
		ok = false
		writeError(w, http.StatusNotFound, apiError{
			Type: typeInvalid, Param: "model",
			Message: "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
		})
	case !b.embeds && embeds && !faulty:
		ok = false
		writeError(w, http.StatusForbidden, apiError{
			Type: typeInvalid, Message: "You are not allowed to generate embeddings from this model",
		})
	}
	return b, ok
}

func (s *server) completion(q *chatRequest, id string, answers []answer) completion {
	c := completion{
		ID: id, Object: "chat.completion", Created: s.opts.Now().Unix(), Model: q.Model,
		Usage: q.usage(answers),
	}
	for i, a := range answers {
		m := assistantMessage{Role: "assistant", ToolCalls: a.calls}
		if a.calls == nil {
			text := ""
			for _, p := range a.pieces {
				text += p
			}
			m.Content = &text
		}
		c.Choices = append(c.Choices, completionChoice{Index: i, Message: m, FinishReason: a.finish})
	}
	return c
}

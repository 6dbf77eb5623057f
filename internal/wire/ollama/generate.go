package ollama

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// completion writes prompt, suffix, instructions and pictures of a text to be
// completed: one message of the user.
func (e *requestEncoder) completion() error {
	r, c := e.req, e.req.Completion
	var out messageOut
	system := e.texts(r.System, "system", "system_media")
	asked := false
	for i := range r.Messages {
		m := &r.Messages[i]
		path := "messages" + wirejson.At(i)
		switch {
		case (m.Role == llm.RoleSystem || m.Role == llm.RoleDeveloper) && !asked:
			system = append(system, e.texts(m.Blocks, path+".content", "system_media")...)
		case m.Role == llm.RoleUser && !asked:
			asked = true
			out = e.sort(m, path, map[string]string{})
		default:
			return unsupported(path,
				"A text completion goes on from one text. Send one message of the user, without earlier turns.")
		}
	}
	if len(r.Messages) > 0 && len(out.texts)+len(out.images) == 0 {
		return unsupported("prompt", "The model behind this name completes a text, and the request has none that it could read.")
	}
	if len(out.texts) > 1 {
		e.losses.Approximate("prompt_list", "prompt")
	}
	e.w.Str("prompt", strings.Join(out.texts, gap))
	e.w.OptStr("suffix", c.Suffix)
	e.w.OptStr("system", strings.Join(system, gap))
	e.images(out.images)
	e.undone(c)
	return nil
}

// undone notes what is asked of a text completion and cannot be said.
func (e *requestEncoder) undone(c *llm.Completion) {
	if c.Echo {
		e.losses.Drop("echo", "echo")
	}
	if c.BestOf != nil && *c.BestOf > 1 {
		e.losses.Drop("best_of", "best_of")
	}
	e.foreign(c.Ext, "")
	if len(e.req.Tools) > 0 {
		e.losses.Drop("tools", "tools")
	}
}

package anthropic

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// threadNotFound is the error.details.error_code at which the official clients
// send the whole conversation again and go on
// (platform.claude.com/docs/en/build-with-claude/message-threads).
const threadNotFound = "thread_not_found"

// thread reads whether the request begins a thread, of which the upstream keeps
// the messages, or goes on with one. Who begins one sends everything, and the
// member goes to upstreams of this protocol alone. Who goes on sends what is
// new only, which is no request without the rest: this codec keeps no threads,
// and the protocol lets any of them be gone at any time.
func (d *requestDecoder) thread(v llm.Raw) error {
	if wirejson.KindOf(v) == '{' {
		if kind, _ := wirejson.Text(wirejson.Member(v, "type")); kind == "continue" {
			return llm.Errorf(llm.KindNotFound, threadNotFound,
				"the thread is not known here; send the whole conversation, as thread type %q or without a thread", "create")
		}
	}
	d.req.Ext = addExt(d.req.Ext, []byte("thread"), v)
	return nil
}

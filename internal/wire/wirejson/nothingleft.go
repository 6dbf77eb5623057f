package wirejson

import "github.com/plexus-gateway/plexus/internal/llm"

// NothingLeft makes the error of an encoder whose protocol can say no message
// of a conversation. Another target may be able to.
func NothingLeft(messages []llm.Message) *llm.Error {
	e := llm.Errorf(llm.KindUnsupported, "nothing_left",
		"nothing of the conversation can be said in the upstream's protocol; send a message with text, or choose a model that takes what was sent")
	e.Param = "messages"
	for i := range messages {
		if r := messages[i].Role; r != llm.RoleSystem && r != llm.RoleDeveloper {
			e.Param += At(i)
			break
		}
	}
	return e
}

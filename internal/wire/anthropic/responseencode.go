package anthropic

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// noID stands where an answer has no id; SDKs demand one.
const noID = "msg_unidentified"

// EncodeResponse renders resp as a message. The protocol has one choice; others
// are a loss. It never fails.
func (Codec) EncodeResponse(resp *llm.Response, req *llm.Request) ([]byte, []llm.Loss, error) {
	e := encoder{reply: true}
	choice := firstChoice(resp)
	if len(resp.Choices) > 1 {
		e.loss.Drop("n", "n")
	}
	e.w.open('{')
	e.w.messageHead(resp, req)
	e.w.begin("content", '[')
	calls := false
	for i, b := range choice.Blocks {
		e.block = i
		e.put(b)
		calls = calls || isClientCall(b)
	}
	e.w.close(']')
	e.w.ending(&choice, calls)
	e.w.ext(choice.Ext, notLate...)
	e.w.usage(resp.Usage, responseTier(resp.ServiceTier), member(choice.Ext, "usage"))
	e.w.ext(resp.Ext)
	e.w.close('}')
	e.finishLoss(choice.Finish)
	return e.w.b, e.loss.List, nil
}

// finishLoss notes a finish for which the protocol has another's word only.
func (e *encoder) finishLoss(f llm.Finish) {
	if f == llm.FinishError || f == llm.FinishContentFilter {
		e.loss.Approximate("finish", "stop_reason")
	}
}

// notLate names the members of Choice.Ext that are written by other hands.
var notLate = []string{"usage", "stop_details"}

// firstChoice returns the choice of index 0, or the one that is there.
func firstChoice(resp *llm.Response) llm.Choice {
	for i := range resp.Choices {
		if resp.Choices[i].Index == 0 {
			return resp.Choices[i]
		}
	}
	if len(resp.Choices) > 0 {
		return resp.Choices[0]
	}
	return llm.Choice{}
}

// isClientCall reports whether b waits for a result from the client.
func isClientCall(b llm.Block) bool {
	call, ok := b.(*llm.ToolCall)
	return ok && call.Kind != llm.ToolServer
}

// messageHead writes the members of a message that stand before its content.
func (w *writer) messageHead(resp *llm.Response, req *llm.Request) {
	id, model := resp.ID, resp.Model
	if id == "" {
		id = noID
	}
	if model == "" && req != nil {
		model = req.Model
	}
	w.str("id", id)
	w.str("type", "message")
	w.str("role", "assistant")
	w.str("model", model)
}

// ending writes why the message ended.
func (w *writer) ending(c *llm.Choice, calls bool) {
	reason := stopReason(c.Finish, c.FinishRaw, calls)
	if word, ok := wirejson.Text(marked(c.Ext, "stop_reason")); ok {
		reason = word // one that is newer than this codec
	}
	w.str("stop_reason", reason)
	if c.StopSequence != "" {
		w.str("stop_sequence", c.StopSequence)
	} else {
		w.raw("stop_sequence", llm.Raw("null"))
	}
	switch own := member(c.Ext, "stop_details"); {
	case own != nil:
		w.raw("stop_details", own)
	case c.Explanation != "" && reason == "refusal":
		w.begin("stop_details", '{')
		w.str("type", "refusal")
		w.raw("category", llm.Raw("null"))
		w.str("explanation", c.Explanation)
		w.close('}')
	}
}

// EncodeCount renders the answer to count_tokens.
func (Codec) EncodeCount(inputTokens int64) []byte {
	var w writer
	w.open('{')
	w.int("input_tokens", inputTokens)
	w.close('}')
	return w.b
}

// DecodeCount reads the answer to count_tokens, in tokens. Errors are
// *llm.Error of KindUpstream.
func (Codec) DecodeCount(body []byte) (int64, error) {
	if err := wirejson.Check(body); err != nil {
		return 0, garbled(err, "the upstream's count is not JSON")
	}
	n, ok := wirejson.Int(wirejson.Member(body, "input_tokens"))
	if !ok || n < 0 {
		return 0, garbled(nil, "the upstream's count has no input_tokens")
	}
	return n, nil
}

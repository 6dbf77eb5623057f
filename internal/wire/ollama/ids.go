package ollama

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// madeID is the id of a call that its maker gave none. The same parts give the
// same id, so that every turn of a conversation says the same.
func madeID(parts ...string) string {
	const length = 24
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "call_" + hex.EncodeToString(sum[:])[:length]
}

// placeID is the id of the call at a place of a conversation, which a longer
// conversation does not move.
func placeID(kind string, message, at int) string {
	return madeID(kind, strconv.Itoa(message), strconv.Itoa(at))
}

// pending are the calls of a conversation that wait for their results, in order.
type pending []*llm.ToolCall

func (p *pending) add(c *llm.ToolCall) { *p = append(*p, c) }

// take removes and returns the call that a result answers: by id, else the
// first of its name, else the first. It returns nil when there is none.
func (p *pending) take(id, name string) *llm.ToolCall {
	at := -1
	switch {
	case id != "":
		at = slices.IndexFunc(*p, func(c *llm.ToolCall) bool { return c.CallID == id })
	case name != "":
		at = slices.IndexFunc(*p, func(c *llm.ToolCall) bool { return c.Name == name })
	case len(*p) > 0:
		at = 0
	}
	if at < 0 {
		return nil
	}
	c := (*p)[at]
	*p = slices.Delete(*p, at, at+1)
	return c
}

// answer makes the result that a message of role tool is.
func (p *pending) answer(in *messageIn, blocks []llm.Block, index int) *llm.ToolResult {
	r := &llm.ToolResult{
		Attrs: llm.Attrs{Ext: in.ext}, CallID: in.callID, Name: in.toolName, Kind: llm.ToolFunction, Blocks: blocks,
	}
	c := p.take(in.callID, in.toolName)
	switch {
	case c != nil:
		r.CallID = c.CallID
		if r.Name == "" {
			r.Name = c.Name
		}
	case r.CallID == "":
		r.CallID = placeID("result", index, 0)
	}
	return r
}

package openaichat

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// maxCallID bounds the ids of tool calls, in bytes: OpenAI answers longer ones
// with "string too long. Expected a string with maximum length 40".
const maxCallID = 40

// callID returns id if the upstream takes it, and otherwise one made from it:
// always the same for the same id, so that results and later turns match.
func callID(id string, short bool) string {
	if short {
		return nineID(id)
	}
	if id != "" && len(id) <= maxCallID {
		return id
	}
	const head, hash = 23, 8
	sum := sha256.Sum256([]byte(id))
	return strings.ToValidUTF8(id[:min(len(id), head)], "") + "_" + hex.EncodeToString(sum[:hash])
}

// nineID makes ids of Mistral's form, ^[a-zA-Z0-9]{9}$.
func nineID(id string) string {
	const length = 9
	legal := len(id) == length
	for i := 0; legal && i < len(id); i++ {
		c := id[i]
		legal = '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	if legal {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])[:length]
}

// madeID is the id of a call that its upstream gave none, from the response
// and the call's place in it.
func madeID(response string, choice, call int) string {
	const length = 24
	sum := sha256.Sum256([]byte(response + "\x00" + strconv.Itoa(choice) + "\x00" + strconv.Itoa(call)))
	return "call_" + hex.EncodeToString(sum[:])[:length]
}

// legacyID is the id of the nth call of a conversation made by function_call.
func legacyID(n int) string { return "call_legacy_" + strconv.Itoa(n) }

// wireName is the name of a tool that may stand in a namespace.
func wireName(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "__" + name
}

// results finds the results of the calls of a conversation. The protocol wants
// them right behind the message that calls, wherever they stand.
type results struct {
	waiting map[string][]place // by canonical id, in order
	taken   map[place]string   // the call's id on the wire
}

// place is where a block stands in the request.
type place struct{ message, block int }

func findResults(messages []llm.Message) results {
	r := results{waiting: map[string][]place{}, taken: map[place]string{}}
	for i := range messages {
		for j, b := range messages[i].Blocks {
			if res, ok := b.(*llm.ToolResult); ok {
				r.waiting[res.CallID] = append(r.waiting[res.CallID], place{i, j})
			}
		}
	}
	return r
}

// take returns where the next result of the call after the message stands.
func (r *results) take(id, wire string, message int) (place, bool) {
	queue := r.waiting[id]
	for len(queue) > 0 && queue[0].message < message {
		queue = queue[1:] // an answer before its question
	}
	if len(queue) == 0 {
		r.waiting[id] = nil
		return place{}, false
	}
	at := queue[0]
	r.waiting[id] = queue[1:]
	r.taken[at] = wire
	return at, true
}

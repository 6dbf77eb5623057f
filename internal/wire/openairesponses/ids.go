package openairesponses

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// The prefixes of item ids that clients know kinds by.
const (
	prefixMessage   = "msg"
	prefixReasoning = "rs"
	prefixFunction  = "fc"
	prefixCustom    = "ctc"
	prefixImage     = "ig"
)

// ownMark stands in every id we make. Such an id names nothing at an upstream,
// so DecodeRequest takes it out of items that carry their content.
const (
	ownMark  = "_plx"
	ownBytes = 16
)

// itemID makes the id of an item that its upstream gave none, from the id of
// the response and the item's place in it, so that it is the same each time.
func itemID(prefix, responseID string, index int) string {
	sum := sha256.Sum256([]byte(prefix + "\x00" + responseID + "\x00" + strconv.Itoa(index)))
	return prefix + ownMark + hex.EncodeToString(sum[:ownBytes])
}

// isOwnID reports whether itemID made id.
func isOwnID(id string) bool {
	_, rest, ok := strings.Cut(id, ownMark)
	if !ok || len(rest) != 2*ownBytes {
		return false
	}
	_, err := hex.DecodeString(rest)
	return err == nil
}

// Limits of call ids: OpenAI refuses longer ones ("string_above_max_length")
// and item ids of other characters.
const maxCallID = 64

func legalCallID(id string) bool {
	if len(id) == 0 || len(id) > maxCallID {
		return false
	}
	for i := range len(id) {
		if !idByte(id[i]) {
			return false
		}
	}
	return true
}

func idByte(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// shortCallID turns any id into a legal one: what is legal of its head, so that
// people recognise it, and a hash that keeps different ids different. The same
// id gives the same result in every request, so later turns match.
func shortCallID(id string) string {
	const head = 24
	var b strings.Builder
	for i := 0; i < len(id) && b.Len() < head; i++ {
		if idByte(id[i]) {
			b.WriteByte(id[i])
		}
	}
	sum := sha256.Sum256([]byte(id))
	return b.String() + "_" + hex.EncodeToString(sum[:ownBytes])
}

// callIDs maps the ids of a request's calls that are not legal here. An id that
// only a result has refers to a call that the upstream stored, and stays.
func callIDs(messages []llm.Message) map[string]string {
	var ids map[string]string
	for i := range messages {
		for _, b := range messages[i].Blocks {
			call, ok := b.(*llm.ToolCall)
			if !ok || call.Kind == llm.ToolServer || legalCallID(call.CallID) {
				continue
			}
			if ids == nil {
				ids = map[string]string{}
			}
			ids[call.CallID] = shortCallID(call.CallID)
		}
	}
	return ids
}

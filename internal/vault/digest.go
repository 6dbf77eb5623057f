package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// checksum tells contents apart. It guards against mistakes, not attacks: what
// holds it is sealed.
type checksum [16]byte

func sumOf(s string) checksum {
	h := sha256.Sum256([]byte(s))
	return checksum(h[:16])
}

// space is what clients trim from texts.
const space = " \t\r\n"

// maxPending bounds the white space that a textDigest holds back, in bytes.
const maxPending = 64 << 10

// textDigest hashes text that comes in pieces, without the white space around
// the whole.
type textDigest struct {
	h       hash.Hash // nil until there is text
	pending []byte
	size    int // bytes of the whole, white space included
	over    bool
}

func (d *textDigest) write(s string) {
	d.size += len(s)
	if d.h == nil {
		if s = strings.TrimLeft(s, space); s == "" {
			return
		}
		d.h = sha256.New()
	}
	text := strings.TrimRight(s, space)
	if text != "" {
		d.h.Write(d.pending)
		d.h.Write([]byte(text))
		d.pending = d.pending[:0]
	}
	if rest := s[len(text):]; len(d.pending)+len(rest) <= maxPending {
		d.pending = append(d.pending, rest...)
	} else {
		d.over = true
	}
}

// sum reports false for a text that is blank or cannot be told.
func (d *textDigest) sum() (checksum, bool) {
	if d.h == nil || d.over {
		return checksum{}, false
	}
	return checksum(d.h.Sum(nil)[:16]), true
}

// trimmedSum is the checksum of a text without the white space around it.
func trimmedSum(s string) checksum {
	return sumOf(strings.Trim(s, space))
}

// callSum tells what a call asks: raw for the arguments as they stand, meant
// for what they mean, because some clients write JSON anew.
type callSum struct{ raw, meant checksum }

func sumCall(c *llm.ToolCall) callSum {
	return callSum{raw: rawSum(c), meant: meantSum(c)}
}

// callName is the name by which clients of all protocols know a call's tool.
func callName(c *llm.ToolCall) string {
	if c.Namespace == "" {
		return c.Name
	}
	return c.Namespace + "__" + c.Name
}

func rawSum(c *llm.ToolCall) checksum {
	return sumOf(callName(c) + "\x00" + string(c.Input))
}

// meantSum hashes the arguments in one canonical spelling. A custom tool's text
// counts as the object in which protocols without custom tools carry it.
func meantSum(c *llm.ToolCall) checksum {
	var v any = map[string]any{"input": string(c.Input)}
	if c.Kind != llm.ToolCustom {
		v = nil
		if json.Unmarshal(orEmpty(c.Input), &v) != nil {
			return rawSum(c)
		}
	}
	canonical, err := json.Marshal(v)
	if err != nil { // it was JSON a moment ago
		return rawSum(c)
	}
	return sumOf(callName(c) + "\x01" + string(canonical))
}

// orEmpty returns the arguments of a call, which are the empty object when none
// are told.
func orEmpty(input llm.Raw) llm.Raw {
	if len(input) == 0 {
		return llm.Raw("{}")
	}
	return input
}

// What a stored turn is found by.
const (
	byCall = "call"
	byText = "text"
)

// key is where a turn is stored: a keyed hash of its parts.
func (v *Vault) key(kind, tenant string, parts ...string) Key {
	h := hmac.New(sha256.New, v.keying[:])
	for _, s := range append([]string{kind, tenant}, parts...) {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	return Key(h.Sum(nil))
}

func (v *Vault) callKey(tenant, callID string) Key { return v.key(byCall, tenant, callID) }

// textKey is the key of an answer without calls: its text, and what it answers,
// because "Done." answers many things.
func (v *Vault) textKey(tenant string, question, text checksum) Key {
	return v.key(byText, tenant, string(question[:]), string(text[:]))
}

// asker returns the index of the last message that the assistant did not write:
// what the message behind messages answers; -1 when there is none.
func asker(messages []llm.Message) int {
	for i, m := range slices.Backward(messages) {
		if role := m.Role; role == llm.RoleUser || role == llm.RoleTool {
			return i
		}
	}
	return -1
}

// questionSum hashes the texts of a message.
func questionSum(m *llm.Message) checksum {
	var d textDigest
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case *llm.Text:
			d.write(b.Text)
		case *llm.ToolResult:
			for _, inner := range b.Blocks {
				if t, ok := inner.(*llm.Text); ok {
					d.write(t.Text)
				}
			}
		}
	}
	sum, _ := d.sum()
	return sum
}

package relay

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// sessionHeaders name the conversation, as coding agents spell it.
var sessionHeaders = [...]string{"X-Session-Id", "Session-Id", "Session_id", "X-Session-Affinity", "Thread-Id"}

// cached gives a request to an upstream that finds its prompt cache by a key
// the key of its conversation, where the client says which one it is in another
// way: in its metadata (Claude Code) or in a header (opencode). Without it each
// turn may land on a machine that has nothing cached. The key is the same for
// all turns of a conversation and tells nobody whose it is.
func (a *attempt) cached(req *llm.Request) *llm.Request {
	if req.PromptCacheKey != "" || req.Source == a.protocol || !a.findsCacheByKey() {
		return req
	}
	session := a.x.session(req)
	if session == "" {
		return req
	}
	sum := sha256.Sum256([]byte(a.x.key.Key.ID + "\x00" + session))
	copied := *req
	copied.PromptCacheKey = hex.EncodeToString(sum[:16])
	return &copied
}

// findsCacheByKey reports whether the upstream is known to take the key.
func (a *attempt) findsCacheByKey() bool {
	switch a.protocol {
	case llm.OpenAIResponses:
		return true
	case llm.OpenAIChat:
		return slices.Contains(a.provider.Endpoints[a.protocol].Traits, "prompt_cache_key")
	default:
		return false
	}
}

// session returns what the client calls its conversation, or "".
func (x *exchange) session(req *llm.Request) string {
	for _, name := range sessionHeaders {
		if v := x.req.Header[name]; len(v) > 0 && v[0] != "" {
			return v[0]
		}
	}
	user := req.User
	if wirejson.KindOf([]byte(user)) == '{' && wirejson.Check([]byte(user)) == nil {
		if id, ok := wirejson.Text(wirejson.Member([]byte(user), "session_id")); ok && id != "" {
			return id
		}
	}
	return user
}

package fakeupstream

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// signer issues the proofs a provider puts on its thinking and knows its own
// again. Each mock has a key of its own.
type signer struct{ key []byte }

func newSigner() signer {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails, see its documentation
	return signer{key}
}

// sign returns the proof for what was said, in base64.
func (s signer) sign(said ...string) string {
	return base64.StdEncoding.EncodeToString(s.mac(said))
}

// issued reports whether proof is the one sign gave for what was said.
func (s signer) issued(proof string, said ...string) bool {
	b, err := base64.StdEncoding.DecodeString(proof)
	return err == nil && hmac.Equal(b, s.mac(said))
}

func (s signer) mac(said []string) []byte {
	h := hmac.New(sha512.New, s.key)
	_, _ = h.Write([]byte(strings.Join(said, "\x00"))) // a hash never fails
	return h.Sum(nil)
}

// newID returns a fresh id with n hexadecimal digits behind the prefix.
func newID(prefix string, n int) string {
	b := make([]byte, (n+1)/2)
	_, _ = rand.Read(b) // as above
	return prefix + hex.EncodeToString(b)[:n]
}

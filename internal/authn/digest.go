package authn

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"sync"
)

// Hasher turns secrets into digests with the server's pepper. Secrets have
// high entropy, so one HMAC is enough and a slow password hash would only cap
// the gateway's throughput; the pepper makes a stolen database worthless.
type Hasher struct {
	pool sync.Pool
}

// NewHasher returns a hasher with the pepper, which must be kept secret and
// must never change while keys are in use.
func NewHasher(pepper [32]byte) *Hasher {
	h := &Hasher{}
	h.pool.New = func() any { return &mac{Hash: hmac.New(sha256.New, pepper[:])} }
	return h
}

type mac struct {
	hash.Hash
	in  []byte
	out [32]byte
}

// Digest returns HMAC-SHA256(pepper, secret).
func (h *Hasher) Digest(secret string) [32]byte {
	m := h.pool.Get().(*mac) //nolint:forcetypeassert // the pool holds nothing else
	m.Reset()
	m.in = append(m.in[:0], secret...)
	m.Write(m.in)
	clear(m.in)
	m.Sum(m.out[:0])
	d := m.out
	h.pool.Put(m)
	return d
}

// The prefixes of generated secrets, so that people and secret scanners can
// tell what they found.
const (
	KeyPrefix   = "plx_"
	AdminPrefix = "plxadmin_"
)

// NewSecret returns a fresh secret of 192 random bits behind the prefix.
func NewSecret(prefix string) string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never returns an error
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// Hint returns the part of a secret that may be shown to recognise it: its
// last four characters, or nothing when it is short.
func Hint(secret string) string {
	if len(secret) < 16 {
		return ""
	}
	return secret[len(secret)-4:]
}

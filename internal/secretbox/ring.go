// Package secretbox encrypts secrets at rest and derives the gateway's other
// secrets from one ring of master keys.
//
// A ring holds one or more 32-byte master keys, oldest first. The newest key
// seals; every key of the ring opens, so that a rotation is: add a key, reseal
// what [Ring.Stale] reports, drop the old key. The oldest key is the root:
// [Ring.Derive] depends on it alone, so that peppers survive a rotation for as
// long as the root stays in the ring.
package secretbox

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// KeySize is the length of a master key in bytes.
const KeySize = 32

// ErrBadRing is returned for key ring text that cannot be understood. The
// error never quotes the text.
var ErrBadRing = errors.New("secretbox: bad key ring")

// KeyID names a master key. It is derived from the key itself, so that a key
// and its id cannot be paired wrongly.
type KeyID uint32

// String returns the id as eight hex digits.
func (id KeyID) String() string { return fmt.Sprintf("%08x", uint32(id)) }

type masterKey struct {
	id     KeyID
	secret [KeySize]byte
}

// Ring is an immutable set of master keys. It is safe for concurrent use. Its
// String and GoString methods show the ids only.
type Ring struct {
	keys []masterKey // oldest first
}

// Generate returns a ring of one new random key.
func Generate() *Ring {
	r, err := (&Ring{}).With(randomKey())
	if err != nil { // a first key cannot collide
		panic(err)
	}
	return r
}

// Parse reads a ring from text: base64 keys (standard alphabet, 32 bytes each)
// separated by commas or white space, oldest first; a line that starts with #
// is a comment. It is the form of the key file and of the environment value.
func Parse(text string) (*Ring, error) {
	ring := &Ring{}
	for n, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, word := range strings.FieldsFunc(line, isSeparator) {
			raw, err := base64.StdEncoding.DecodeString(word)
			if err != nil || len(raw) != KeySize {
				return nil, fmt.Errorf("%w: line %d: want %d bytes in base64", ErrBadRing, n+1, KeySize)
			}
			if ring, err = ring.With([KeySize]byte(raw)); err != nil {
				return nil, fmt.Errorf("line %d: %w", n+1, err)
			}
		}
	}
	if len(ring.keys) == 0 {
		return nil, fmt.Errorf("%w: no key in it", ErrBadRing)
	}
	return ring, nil
}

func isSeparator(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' }

// With returns a ring that has key as its newest member. It refuses a key
// whose id is in the ring already, and a key of zeros.
func (r *Ring) With(key [KeySize]byte) (*Ring, error) {
	if key == [KeySize]byte{} {
		return nil, fmt.Errorf("%w: a key of zeros", ErrBadRing)
	}
	id := KeyID(binary.BigEndian.Uint32(expand(key, "plexus key id", 4)))
	if _, ok := r.find(id); ok {
		return nil, fmt.Errorf("%w: key %s is in it twice", ErrBadRing, id)
	}
	keys := append(append([]masterKey(nil), r.keys...), masterKey{id: id, secret: key})
	return &Ring{keys: keys}, nil
}

// IDs returns the ids of the ring's keys, oldest first.
func (r *Ring) IDs() []KeyID {
	ids := make([]KeyID, len(r.keys))
	for i := range r.keys {
		ids[i] = r.keys[i].id
	}
	return ids
}

// Derive returns a 32-byte secret for one purpose (HKDF-SHA256, RFC 5869, of
// the root key). Different purposes give independent secrets; the same purpose
// gives the same secret for as long as the root stays in the ring.
func (r *Ring) Derive(purpose string) [KeySize]byte {
	return [KeySize]byte(expand(r.keys[0].secret, "plexus derive "+purpose, KeySize))
}

// String names the ring by its key ids; secrets are not shown.
func (r *Ring) String() string { return fmt.Sprintf("secretbox.Ring%v", r.IDs()) }

// GoString is String, so that %#v shows no secret either.
func (r *Ring) GoString() string { return r.String() }

func (r *Ring) newest() *masterKey { return &r.keys[len(r.keys)-1] }

func (r *Ring) find(id KeyID) (*masterKey, bool) {
	for i := range r.keys {
		if r.keys[i].id == id {
			return &r.keys[i], true
		}
	}
	return nil, false
}

// expand derives n bytes from a master key. HKDF fails only for lengths over
// 255 hashes, or in FIPS mode for keys under 112 bits: neither occurs here.
func expand(key [KeySize]byte, info string, n int) []byte {
	out, err := hkdf.Key(sha256.New, key[:], nil, info, n)
	if err != nil {
		panic(fmt.Sprintf("secretbox: hkdf: %v", err))
	}
	return out
}

// randomKey returns a new master key; crypto/rand.Read never fails (it ends
// the process instead).
func randomKey() (key [KeySize]byte) {
	_, _ = rand.Read(key[:])
	return key
}

// text returns the form that Parse reads.
func (r *Ring) text() string {
	var b strings.Builder
	b.WriteString("# Plexus key ring, oldest key first. Whoever has it can read every stored\n")
	b.WriteString("# secret; without it they are lost. Keep a copy apart from the database.\n")
	for i := range r.keys {
		b.WriteString(base64.StdEncoding.EncodeToString(r.keys[i].secret[:]))
		b.WriteByte('\n')
	}
	return b.String()
}

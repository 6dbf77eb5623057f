package secretbox

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
)

// The envelope: version (1 byte) | key id (4, big endian) | nonce (12) |
// AES-256-GCM ciphertext and tag. The whole header but the nonce is
// authenticated together with the place.
const (
	envelopeV1  = 1
	headerSize  = 1 + 4
	nonceSize   = 12
	tagSize     = 16
	minEnvelope = headerSize + nonceSize + tagSize
)

// Errors of Open.
var (
	// ErrUnknownKey: the envelope was sealed by a key that is not in the ring.
	ErrUnknownKey = errors.New("secretbox: sealed by a key that is not in the ring")
	// ErrOpen: the envelope is damaged, was tampered with, or belongs to
	// another place. Which of them is not said: an attacker must not learn it.
	ErrOpen = errors.New("secretbox: cannot open")
)

// Place says where an envelope is stored. It is authenticated but not kept in
// the envelope, so that one copied to another row or column does not open.
type Place struct {
	Table, Column, Row string
}

// Seal encrypts plaintext for one place with the newest key. Nonces are
// random: one key must not seal more than 2^32 times (NIST SP 800-38D, 8.3).
func (r *Ring) Seal(plaintext []byte, at Place) ([]byte, error) {
	key := r.newest()
	aead, err := key.aead()
	if err != nil {
		return nil, err
	}
	out := make([]byte, headerSize+nonceSize, minEnvelope+len(plaintext))
	out[0] = envelopeV1
	binary.BigEndian.PutUint32(out[1:], uint32(key.id))
	nonce := out[headerSize:]
	_, _ = rand.Read(nonce) // never fails
	return aead.Seal(out, nonce, plaintext, at.aad(out[:headerSize])), nil
}

// Open decrypts an envelope stored at a place. It fails with ErrUnknownKey or
// ErrOpen.
func (r *Ring) Open(envelope []byte, at Place) ([]byte, error) {
	if len(envelope) < minEnvelope || envelope[0] != envelopeV1 {
		return nil, ErrOpen
	}
	id := KeyID(binary.BigEndian.Uint32(envelope[1:]))
	key, ok := r.find(id)
	if !ok {
		return nil, fmt.Errorf("%w (key %s)", ErrUnknownKey, id)
	}
	aead, err := key.aead()
	if err != nil {
		return nil, err
	}
	body := envelope[headerSize:]
	plaintext, err := aead.Open(nil, body[:nonceSize], body[nonceSize:], at.aad(envelope[:headerSize]))
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}

// Stale reports whether an envelope was sealed by a key that is not the
// newest, and so waits to be resealed before that key can leave the ring.
func (r *Ring) Stale(envelope []byte) bool {
	return len(envelope) < headerSize || KeyID(binary.BigEndian.Uint32(envelope[1:])) != r.newest().id
}

func (k *masterKey) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(expand(k.secret, "plexus seal v1", KeySize))
	if err != nil {
		return nil, fmt.Errorf("secretbox: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("secretbox: %w", err)
	}
	return aead, nil
}

// aad is the header and the three names, each with its length before it, so
// that no two places have the same bytes.
func (p Place) aad(header []byte) []byte {
	b := make([]byte, 0, len(header)+12+len(p.Table)+len(p.Column)+len(p.Row))
	b = append(b, header...)
	for _, s := range [...]string{p.Table, p.Column, p.Row} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s))) //nolint:gosec // names are short
		b = append(b, s...)
	}
	return b
}

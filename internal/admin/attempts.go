package admin

import (
	"sync"
	"time"
)

// Failed attempts are limited per address, and all together so that many
// addresses gain little. An attempt takes a unit first and gets it back when
// it succeeds, so that parallel guesses cannot all pass the check.
const (
	attemptsPerIP      = 8
	attemptRegainIP    = 15 * time.Second // one more attempt per address
	attemptsAll        = 200
	attemptRegainAll   = time.Second
	attemptsMaxTracked = 4096 // addresses remembered; full ones are forgotten first
)

// attempts counts failed attempts to prove the admin secret.
type attempts struct {
	now func() time.Time

	mu  sync.Mutex
	all bucket
	ips map[string]*bucket
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{
		now: now,
		all: bucket{size: attemptsAll, regain: attemptRegainAll},
		ips: map[string]*bucket{},
	}
}

// take uses one attempt and returns 0, or how long to wait for the next.
func (a *attempts) take(ip string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	b := a.ips[ip]
	if b == nil {
		a.forget(now)
		b = &bucket{size: attemptsPerIP, regain: attemptRegainIP}
		a.ips[ip] = b
	}
	if wait := max(b.wait(now), a.all.wait(now)); wait > 0 {
		return wait
	}
	b.used += 1
	a.all.used += 1
	return 0
}

// refund gives back the attempt that take used.
func (a *attempts) refund(ip string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all.used = max(0, a.all.used-1)
	if b := a.ips[ip]; b != nil {
		b.used = max(0, b.used-1)
	}
}

// forget drops addresses with nothing against them once there are too many,
// and all of them if that is not enough: the common bucket still holds.
func (a *attempts) forget(now time.Time) {
	if len(a.ips) < attemptsMaxTracked {
		return
	}
	for ip, b := range a.ips {
		if b.drain(now); b.used == 0 {
			delete(a.ips, ip)
		}
	}
	if len(a.ips) >= attemptsMaxTracked {
		clear(a.ips)
	}
}

// bucket leaks one used attempt per regain.
type bucket struct {
	size   float64
	regain time.Duration
	used   float64
	at     time.Time
}

func (b *bucket) drain(now time.Time) {
	if !b.at.IsZero() {
		b.used = max(0, b.used-float64(now.Sub(b.at))/float64(b.regain))
	}
	b.at = now
}

func (b *bucket) wait(now time.Time) time.Duration {
	b.drain(now)
	if over := b.used + 1 - b.size; over > 0 {
		return time.Duration(over * float64(b.regain))
	}
	return 0
}

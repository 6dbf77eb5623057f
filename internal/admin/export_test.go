package admin

import "time"

// What the external tests reach inside for.
var (
	DecimalUSD  = decimalUSD
	NewAttempts = newAttempts
	Bearer      = bearer
)

const (
	AttemptsMaxTracked = attemptsMaxTracked
	AttemptsAll        = attemptsAll
	AttemptRegainAll   = attemptRegainAll
)

// Take uses one attempt.
func (a *attempts) Take(ip string) time.Duration { return a.take(ip) }

// Tracked returns how many addresses are remembered.
func (a *attempts) Tracked() int { return len(a.ips) }

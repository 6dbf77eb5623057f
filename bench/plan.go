package main

import "time"

// plan says how long and how often everything is measured.
type plan struct {
	rounds  int           // of each closed-loop part, per gateway
	window  time.Duration // of one closed-loop round
	warm    time.Duration // unmeasured, before a part
	starts  int
	latency struct {
		rounds int
		window time.Duration
	}
	streamRounds int
	// of conversions between protocols, whole and streamed
	crossRounds, crossStreamRounds int
	idle                           time.Duration // wait before idle memory is read
	memory                         time.Duration // of 1 MB bodies
}

// What is driven. These are the terms of the goals: they do not change with
// the length of a run.
const (
	connections = 64
	openRate    = 500 // requests per second
	openConns   = 64
	streamCount = 200
	holdCount   = 2000
	bodyConns   = 8
	smallBody   = 1 << 10
	body100K    = 100 << 10
	body1M      = 1 << 20
)

func quick() plan {
	p := plan{
		rounds: 8, window: 500 * time.Millisecond, warm: 300 * time.Millisecond,
		starts: 3, streamRounds: 2, crossRounds: 5, crossStreamRounds: 3, idle: time.Second, memory: 2 * time.Second,
	}
	p.latency.rounds, p.latency.window = 6, time.Second
	return p
}

func full() plan {
	p := plan{
		rounds: 16, window: time.Second, warm: time.Second,
		starts: 7, streamRounds: 6, crossRounds: 12, crossStreamRounds: 8, idle: 3 * time.Second, memory: 6 * time.Second,
	}
	p.latency.rounds, p.latency.window = 10, 2*time.Second
	return p
}

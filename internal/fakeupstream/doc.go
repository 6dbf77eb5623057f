// Package fakeupstream is a vendor's double for tests: an http.Handler that
// captures every request and answers by script, or as an OpenAI-compatible
// upstream where the script says nothing. Replies are http.Handlers, so faults
// are wrapped around any of them:
//
//	fake := fakeupstream.Start(t)
//	fake.Script(fakeupstream.ResetAfter(120, fakeupstream.SSE(frames...)))
//
// Time never decides what it does: pauses end when a channel says so.
package fakeupstream

package wiretest

import (
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// Run checks the laws of a codec: what it writes it reads, up to the losses it
// names; a streamed answer is the whole answer; the same is written twice the
// same; and nothing makes it panic. Features in except are left out of the
// first law; each says why, and fails the test once it keeps the law.
func Run(t *testing.T, in wire.Ingress, out wire.Egress, except map[string]string) {
	t.Helper()
	require.Equal(t, in.Protocol(), out.Protocol())
	t.Run("features", func(t *testing.T) {
		for _, f := range without(except) {
			t.Run(f.Name, func(t *testing.T) { checkRequest(t, f.Request(), in, out, f.Reasons) })
		}
	})
	t.Run("exceptions", func(t *testing.T) {
		for _, f := range only(except) {
			require.True(t, fails(func(t require.TestingT) { checkRequest(t, f.Request(), in, out, f.Reasons) }),
				"%s keeps the law: it is no exception any more", f.Name)
		}
	})
	t.Run("requests", func(t *testing.T) {
		requests := GenRequest(without(except))
		rapid.Check(t, func(t *rapid.T) { checkRequest(t, requests.Draw(t, "request"), in, out, true) })
	})
	t.Run("responses", func(t *testing.T) {
		answers := GenResponse()
		rapid.Check(t, func(t *rapid.T) {
			pieces := rapid.SliceOfN(rapid.IntRange(1, 64), 1, 8).Draw(t, "pieces")
			at := 0
			resp := answers.Draw(t, "response")
			CheckAnswer(t, resp, Events(resp), in, out, func(int) int {
				at++
				return pieces[at%len(pieces)]
			})
		})
	})
}

// without returns the table but for some features.
func without(except map[string]string) []Feature {
	return slices.DeleteFunc(Features(), func(f Feature) bool { return except[f.Name] != "" })
}

// only returns some features of the table.
func only(some map[string]string) []Feature {
	return slices.DeleteFunc(Features(), func(f Feature) bool { return some[f.Name] == "" })
}

// trial is a test of which it only matters whether it fails.
type trial struct{ failed bool }

func (t *trial) Errorf(string, ...any) { t.failed = true }

func (t *trial) FailNow() { runtime.Goexit() }

// fails reports whether a check fails.
func fails(check func(t require.TestingT)) bool {
	t, done := &trial{}, make(chan struct{})
	go func() { // which FailNow ends
		defer close(done)
		check(t)
	}()
	<-done
	return t.failed
}

// checkRequest encodes a request and reads it again.
func checkRequest(t require.TestingT, req *llm.Request, in wire.Ingress, out wire.Egress, reasons bool) {
	to := TargetOf(out.Protocol(), reasons)
	first, losses, err := out.EncodeRequest(req, to)
	if err != nil {
		refused := new(llm.Error)
		require.ErrorAs(t, err, &refused)
		require.Contains(t, []llm.Kind{llm.KindUnsupported, llm.KindInvalid}, refused.Kind, "%v", err)
		return
	}
	require.True(t, json.Valid(first.Body), "%s", first.Body)
	second, _, err := out.EncodeRequest(req, to)
	require.NoError(t, err)
	require.Equal(t, string(first.Body), string(second.Body), "encoding is not deterministic")

	again, err := serving(in, first.Path).DecodeRequest(wire.Inbound{Body: first.Body, Model: "m", Stream: req.Stream})
	if len(losses) > 0 {
		return // what is left may be anything, even nothing; the table shows it
	}
	require.NoError(t, err, "%s", first.Body)
	var f Feature
	require.Empty(t, difference(f.Meaning(req), f.Meaning(again), in.Protocol()), "lost silently: %s", first.Body)
}

// CheckAnswer encodes an answer whole and, from the events that tell it, as a
// stream, which is read in the pieces that cut says: both tell the same and,
// but for the losses that are named, what they were made of.
func CheckAnswer(t require.TestingT, resp *llm.Response, told []*llm.Event, in wire.Ingress, out wire.Egress, cut Cut) {
	req := Base()
	req.IncludeUsage = true
	req.Reasoning = &llm.ReasoningConfig{IncludeThoughts: new(true)} // else they are not shown
	body, losses, err := in.EncodeResponse(resp, req)
	require.NoError(t, err)
	require.True(t, json.Valid(body), "%s", body)
	twice, _, err := in.EncodeResponse(resp, req)
	require.NoError(t, err)
	require.Equal(t, string(body), string(twice), "encoding is not deterministic")
	whole, wholeErr := out.DecodeResponse(body, wire.Target{})

	stream, streamLosses := EncodeStream(in, req, told)
	events, err := DecodeStream(out, stream, cut)
	require.NoError(t, err, "%s", stream)
	streamed, streamErr := FoldEvents(events)
	if wholeErr != nil { // an answer that says it failed
		require.Error(t, streamErr, "whole: %v", wholeErr)
		return
	}
	require.NoError(t, streamErr, "%s", stream)
	a, b := whole, streamed
	if len(losses)+len(streamLosses) > 0 { // a stream can tell an order that the whole cannot
		a, b = regrouped(whole), regrouped(streamed)
	}
	require.Empty(t, difference(AnswerOf(a), AnswerOf(b), in.Protocol()), "whole and streamed differ:\n%s\n%s", body, stream)
	if len(losses)+len(streamLosses) == 0 {
		require.Empty(t, difference(AnswerOf(resp), AnswerOf(whole), in.Protocol()), "lost silently: %s", body)
	}
}

// refusedBy reports whether err says that a request cannot be made there.
func refusedBy(err error) bool {
	e := new(llm.Error)
	return errors.As(err, &e) && e.Kind == llm.KindUnsupported
}

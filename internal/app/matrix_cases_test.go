package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// matrixCases lists what must work; a new case is one line here and one function.
func matrixCases() []matrixCase {
	both := func(name string, applies func(*pair) bool, run func(t *testing.T, p *pair, s settings)) []matrixCase {
		return []matrixCase{
			{name, applies, func(t *testing.T, p *pair) { run(t, p, settings{}) }},
			{name + " stream", applies, func(t *testing.T, p *pair) { run(t, p, settings{stream: true}) }},
		}
	}
	can := func(f feature) func(*pair) bool { return func(p *pair) bool { return p.client.can(f) } }
	thinkers := func(p *pair) bool { return !p.to("chat") }
	gateway := func(p *pair) bool { return !p.direct }
	var list []matrixCase
	add := func(cases ...matrixCase) { list = append(list, cases...) }
	add(both("text", nil, caseText)...)
	add(matrixCase{"system", nil, caseSystem}, matrixCase{"history", nil, caseHistory}, matrixCase{"parameters", nil, caseParameters})
	add(matrixCase{"image", nil, caseImage}, matrixCase{"image url", can(canImageURL), caseImageURL})
	add(both("tool", nil, caseTool)...)
	add(both("parallel", nil, caseParallel)...)
	add(both("empty args", nil, caseEmptyArgs)...)
	add(both("text and call", nil, caseTextAndCall)...)
	add(both("tool loop", nil, caseLoop)...)
	add(both("large text", nil, caseLarge)...)
	add(both("large call", nil, caseLargeCall)...)
	add(both("nothing said", nil, caseNothing)...)
	add(matrixCase{"document", nil, caseDocument}, matrixCase{"pictures", nil, casePictures})
	add(matrixCase{"tool error", can(canFlagErrors), caseToolError}, matrixCase{"tool image", can(canImageResults), caseToolImage})
	add(matrixCase{"tool choice", nil, caseToolChoice}, matrixCase{"tool schemas", nil, caseToolSchemas}, matrixCase{"foreign ids", gateway, caseForeignIDs})
	add(matrixCase{"empty text", func(p *pair) bool { return p.client.can(canEmptyText) && !p.direct }, caseEmptyText})
	add(both("thinking", nil, caseThinking)...)
	// Chat has no words to ask for it; Anthropic shows it without being asked.
	shown := func(p *pair) bool { return thinkers(p) && (p.client.name() != "chat" || p.to("messages")) }
	add(both("thinking shown", shown, caseThinkingShown)...)
	add(both("thinking proof", thinkers, caseThinkingProof)...)
	keeper := can(canKeep)
	for i, name := range []string{"previous response", "item references", "stored thinking"} {
		add(both(name, keeper, func(t *testing.T, p *pair, s settings) { s.kept = keepTalk + keeping(i); caseKept(t, p, s) })...)
	}
	add(matrixCase{"switch model", gateway, caseSwitch}, matrixCase{"switch in a tool loop", gateway, caseSwitchInLoop})
	add(both("json", nil, caseJSON)...)
	add(both("stop", func(p *pair) bool { return p.client.can(canStop) && !p.to("responses") }, caseStop)...)
	add(both("limit", nil, caseLimit)...)
	add(both("cached", nil, caseCached)...)
	add(both("refusal", nil, caseRefusal)...)
	add(both("split", nil, caseSplit)...)
	add(both("split call", nil, caseSplitCall)...)
	add(matrixCase{"extras", nil, caseExtras}, matrixCase{"extras with tools", nil, caseExtraTools})
	add(matrixCase{"other model", gateway, caseOtherModel})
	// In its own protocol a client says itself what its model knows.
	abroad := func(p *pair) bool { return p.client.name() != p.up.name }
	add(both("other model thinking", abroad, caseOtherThinking)...)
	add(both("other model parallel", abroad, caseOtherParallel)...)
	own := func(p *pair) bool { return !p.direct && !abroad(p) }
	add(matrixCase{"unknown model", own, caseUnknownModel}, matrixCase{"unknown key", own, caseUnknownKey})
	add(matrixCase{"count tokens", can(canCountTokens), caseCountTokens})
	add(both("blocked prompt", nil, caseBlocked)...)
	add(matrixCase{"too long", nil, caseTooLong}, matrixCase{"401 of the upstream", gateway, caseUpstreamKey})
	add(both("429", nil, caseRateLimit)...)
	add(matrixCase{"529", nil, caseOverloaded}, matrixCase{"bad request", nil, caseBadRequest})
	add(matrixCase{"hidden error", gateway, caseHidden}, matrixCase{"error in stream", nil, caseMidstream}, matrixCase{"disconnect", nil, caseDisconnect})
	return list
}

// digest asks the upstream what it was sent.
func digest(t *testing.T, r *reply) fakeupstream.Digest {
	t.Helper()
	var d fakeupstream.Digest
	require.NoError(t, json.Unmarshal([]byte(r.text), &d), r.text)
	return d
}

// plainUsage demands the counts of an answer without caches and thinking.
func plainUsage(t *testing.T, p *pair, u seenUsage) {
	t.Helper()
	want := seenUsage{input: fakeupstream.StrictPrompt, output: fakeupstream.StrictOutput, total: fakeupstream.StrictPrompt + fakeupstream.StrictOutput}
	if p.client.name() == "messages" {
		want.total = 0
	}
	require.Equal(t, want, u)
}

func caseText(t *testing.T, p *pair, s settings) {
	r := p.ask(t, s, "please [[say:hello there, world]]")
	require.Equal(t, "hello there, world", r.text)
	require.Equal(t, p.client.finishes().stop, r.finish)
	require.Empty(t, r.calls)
	plainUsage(t, p, r.usage)
	if s.stream {
		require.GreaterOrEqual(t, r.pieces, 3, "the pieces of the stream")
	}
}

func caseSystem(t *testing.T, p *pair) {
	d := digest(t, p.ask(t, settings{system: "Be brief."}, "[[echo]] me"))
	require.Equal(t, []string{"Be brief."}, d.System)
	require.Equal(t, []string{"user"}, d.Roles)
	require.Equal(t, []string{"[[echo]] me"}, d.Texts)
	require.False(t, d.Stream)
}

func caseHistory(t *testing.T, p *pair) {
	c := p.begin(settings{})
	c.user("one")
	c.assistant("two")
	c.user("[[say:three]]")
	require.Equal(t, "three", p.send(t, c).text)
	c.user("[[echo]]")
	d := digest(t, p.send(t, c))
	require.Equal(t, []string{"user", "assistant", "user", "assistant", "user"}, d.Roles)
	require.Equal(t, []string{"two", "three"}, d.Assistant)
	require.Equal(t, []string{"one", "[[say:three]]", "[[echo]]"}, d.Texts)
}

func caseParameters(t *testing.T, p *pair) {
	half := 0.5
	d := digest(t, p.ask(t, settings{max: 64, temperature: &half, tools: true, choice: "auto"}, "[[echo]]"))
	require.EqualValues(t, 64, d.MaxTokens)
	require.NotNil(t, d.Temperature)
	require.InDelta(t, half, *d.Temperature, 0)
	require.Equal(t, []string{"get_weather(city)", "ping()"}, d.Tools, "enforced schemas are marked with !")
}

// seenPicture is how the double names an image.
func seenPicture(p picture) string {
	sum := sha256.Sum256(p.png)
	return "image/png " + hex.EncodeToString(sum[:])[:16]
}

func caseImage(t *testing.T, p *pair) {
	pic := aPicture(t)
	d := digest(t, p.ask(t, settings{}, "[[echo]] what is this?", pic))
	require.Equal(t, []string{seenPicture(pic)}, d.Images)
	require.Equal(t, []string{"[[echo]] what is this?"}, d.Texts)
}

func caseImageURL(t *testing.T, p *pair) {
	const url = "https://files.invalid/cat.png"
	c := p.begin(settings{})
	c.user("[[echo]]", picture{url: url})
	r, err := c.send(within(t), nil)
	if err != nil && p.to("gemini") { // for which the gateway fetches files itself: there is none
		f := c.failure(err)
		require.NotNil(t, f, "%T: %v", err, err)
		require.Equal(t, http.StatusBadRequest, f.status)
		require.Contains(t, f.message, url)
		return
	}
	require.NoError(t, err)
	require.Equal(t, []string{url}, digest(t, r).Images)
}

func caseTool(t *testing.T, p *pair, s settings) {
	s.tools = true
	c := p.begin(s)
	c.user("[[call:get_weather]]")
	r := p.send(t, c)
	require.Len(t, r.calls, 1, r.text)
	require.Equal(t, "get_weather", r.calls[0].name)
	require.JSONEq(t, `{"city":"Paris"}`, r.calls[0].args)
	require.Equal(t, p.client.finishes().tool, r.finish)
	c.results(result{call: r.calls[0], text: "22 degrees"})
	r = p.send(t, c)
	require.Equal(t, "result: 22 degrees", r.text)
	require.Equal(t, p.client.finishes().stop, r.finish)
	c.user("[[echo]]")
	require.Equal(t, []string{"user", "assistant", "tool", "assistant", "user"}, digest(t, p.send(t, c)).Roles)
}

func caseParallel(t *testing.T, p *pair, s settings) {
	s.tools = true
	c := p.begin(s)
	c.user("[[parallel]]")
	r := p.send(t, c)
	require.Len(t, r.calls, 2, r.text)
	require.JSONEq(t, `{"city":"Paris"}`, r.calls[0].args)
	require.JSONEq(t, `{"city":"Rome"}`, r.calls[1].args)
	require.NotEqual(t, r.calls[0].id, r.calls[1].id)
	c.results(result{call: r.calls[0], text: "22 degrees"}, result{call: r.calls[1], text: "30 degrees"})
	require.Equal(t, "result: 22 degrees; result: 30 degrees", p.send(t, c).text)
}

func caseEmptyArgs(t *testing.T, p *pair, s settings) {
	s.tools = true
	c := p.begin(s)
	c.user("[[empty-args]]")
	r := p.send(t, c)
	require.Len(t, r.calls, 1, r.text)
	require.JSONEq(t, `{}`, r.calls[0].args)
	c.results(result{call: r.calls[0], text: "pong"})
	require.Equal(t, "result: pong", p.send(t, c).text)
}

func caseToolError(t *testing.T, p *pair) {
	c := p.begin(settings{tools: true})
	c.user("[[call:get_weather]]")
	r := p.send(t, c)
	require.Len(t, r.calls, 1, r.text)
	c.results(result{call: r.calls[0], text: "no such city", failed: true})
	text := p.send(t, c).text
	require.Contains(t, text, "no such city")
	if p.to("messages", "gemini") {
		require.Equal(t, "failed result: no such city", text)
		return
	}
	// An upstream that has no mark for it is told in words, or the client is
	// told that it was not.
	require.Contains(t, strings.ToLower(text)+c.head().Get("X-Plexus-Fidelity"), "error")
}

func caseToolImage(t *testing.T, p *pair) {
	pic := aPicture(t)
	c := p.begin(settings{tools: true})
	c.user("[[call:get_weather]]")
	r := p.send(t, c)
	require.Len(t, r.calls, 1, r.text)
	c.results(result{call: r.calls[0], text: "a map", image: &pic})
	answer := p.send(t, c)
	require.Contains(t, p.lastBody(), pic.base64())
	if !p.to("chat") { // whose tool messages hold text only: the image comes behind them
		require.Equal(t, "result: a map (1 images)", answer.text)
	}
}

func caseToolChoice(t *testing.T, p *pair) {
	for _, choice := range []string{"none", "required", "get_weather"} {
		d := digest(t, p.ask(t, settings{tools: true, choice: choice}, "[[echo]]"))
		require.Equal(t, choice, d.ToolChoice)
	}
}

func caseToolSchemas(t *testing.T, p *pair) {
	r := p.ask(t, settings{dirty: true}, "[[call:get_weather]]")
	require.Len(t, r.calls, 1, r.text)
	d := digest(t, p.ask(t, settings{dirty: true}, "[[echo]]"))
	require.Equal(t, []string{"get_weather(city,days,link,other,place,tags,unit)"}, d.Tools)
}

// caseForeignIDs sends ids that other upstreams made: too long for some, and
// with characters that some refuse.
func caseForeignIDs(t *testing.T, p *pair) {
	c := p.begin(settings{tools: true})
	first := call{"functions.get_weather:0", "get_weather", `{"city":"Paris"}`}
	second := call{"toolu_" + strings.Repeat("0123456789", 6), "get_weather", `{"city":"Rome"}`}
	if p.client.name() == "responses" && p.to("responses") {
		second.id = second.id[:60] // a Responses client never has longer ones
	}
	c.user("go")
	c.assistant("", first, second)
	c.results(result{call: first, text: "a"}, result{call: second, text: "b"})
	if p.client.name() == p.up.name {
		return // bytes pass as they came: the provider judges them
	}
	require.Equal(t, "result: a; result: b", p.send(t, c).text)
}

func caseEmptyText(t *testing.T, p *pair) {
	c := p.begin(settings{})
	c.user("go")
	c.assistant("")
	c.user("[[say:fine]]")
	require.Equal(t, "fine", p.send(t, c).text)
}

// thinkAndCall has the upstream think, call and be answered, and returns what
// it was sent with the result.
func thinkAndCall(t *testing.T, p *pair, s settings) (first *reply, second string) {
	t.Helper()
	s.tools, s.think = true, !p.to("chat") // gpt-4.1 does not think
	c := p.begin(s)
	c.user("[[think+call]]")
	first = p.send(t, c)
	require.Len(t, first.calls, 1, first.text)
	c.results(result{call: first.calls[0], text: "22 degrees"})
	r := p.send(t, c)
	require.Equal(t, "result: 22 degrees", r.text)
	second = p.lastBody()
	c.user("[[say:and now?]]")
	require.Equal(t, "and now?", p.send(t, c).text)
	return first, second
}

func caseThinking(t *testing.T, p *pair, s settings) {
	first, _ := thinkAndCall(t, p, s)
	if !p.to("chat") && p.client.name() != "messages" || p.to("messages") && p.client.name() == "messages" {
		require.EqualValues(t, fakeupstream.StrictReasoning, first.usage.reasoning, "tokens of thinking")
	}
}

func caseThinkingShown(t *testing.T, p *pair, s settings) {
	s.think = true
	r := p.ask(t, s, "[[think]]")
	require.Equal(t, fakeupstream.StrictHello, r.text, "thinking is no part of the text")
	require.Equal(t, fakeupstream.StrictThought, r.thinking)
}

// caseThinkingProof: what proves the thinking goes back to its issuer.
func caseThinkingProof(t *testing.T, p *pair, s settings) {
	_, second := thinkAndCall(t, p, s)
	switch p.up.name {
	case "responses":
		require.Contains(t, second, `"encrypted_content":"gAAAA`)
	case "messages":
		require.Contains(t, second, `"signature":"`)
	case "gemini":
		require.Contains(t, second, `"thoughtSignature":"`)
		require.NotContains(t, second, "skip_thought_signature_validator")
	}
}

// caseSwitch: no upstream is sent what another one has signed.
func caseSwitch(t *testing.T, p *pair) {
	for _, other := range p.others {
		if other == p.up {
			continue
		}
		c := p.begin(settings{tools: true, think: !p.to("chat") && other.name != "chat"})
		for _, model := range []string{p.model, other.alias, p.model} {
			c.change(model)
			c.user("[[think+call]]")
			r, err := c.send(t.Context(), nil)
			require.NoError(t, err, "%s, on the way %s, %s, %s", model, p.model, other.alias, p.model)
			require.Len(t, r.calls, 1, r.text)
			c.results(result{call: r.calls[0], text: "22 degrees"})
			r, err = c.send(t.Context(), nil)
			require.NoError(t, err, "the result to %s, on the way %s, %s, %s", model, p.model, other.alias, p.model)
			require.Equal(t, "result: 22 degrees", r.text)
		}
	}
}

// caseSwitchInLoop: one upstream calls, another gets the result.
func caseSwitchInLoop(t *testing.T, p *pair) {
	for _, other := range p.others {
		if other == p.up {
			continue
		}
		c := p.begin(settings{tools: true, think: !p.to("chat") && other.name != "chat"})
		c.user("[[think+call]]")
		r := p.send(t, c)
		require.Len(t, r.calls, 1, r.text)
		c.results(result{call: r.calls[0], text: "22 degrees"})
		c.change(other.alias)
		r, err := c.send(t.Context(), nil)
		require.NoError(t, err, "the result to %s", other.alias)
		require.Equal(t, "result: 22 degrees", r.text)
		c.change(p.model)
		c.user("[[say:back]]")
		require.Equal(t, "back", p.send(t, c).text)
	}
}

func caseJSON(t *testing.T, p *pair, s settings) {
	s.schema = true
	r := p.ask(t, s, "[[json]]")
	require.JSONEq(t, fakeupstream.StrictJSON, r.text)
	require.Equal(t, p.client.finishes().stop, r.finish)
	s.stream = false
	require.Equal(t, []string{"city", "degrees"}, digest(t, p.ask(t, s, "[[echo]]")).Schema)
}

func caseStop(t *testing.T, p *pair, s settings) {
	s.stop = []string{"STOP"}
	r := p.ask(t, s, "[[stop]]")
	require.Equal(t, "before", strings.TrimSpace(r.text))
	want := []string{p.client.finishes().sequence}
	if !p.to("messages") { // only that tells a stop sequence from an end
		want = append(want, p.client.finishes().stop)
	}
	require.Contains(t, want, r.finish)
}

func caseLimit(t *testing.T, p *pair, s settings) {
	s.max = 32
	r := p.ask(t, s, "[[long]]")
	require.Equal(t, "long and long and long and", r.text)
	require.Equal(t, p.client.finishes().length, r.finish)
}

func caseCached(t *testing.T, p *pair, s settings) {
	r := p.ask(t, s, "[[cached]]")
	written := int64(fakeupstream.StrictWritten)
	if p.to("gemini") { // which does not tell
		written = 0
	}
	want := seenUsage{
		input: fakeupstream.StrictPrompt, cached: fakeupstream.StrictCached, written: written,
		output: fakeupstream.StrictOutput, total: fakeupstream.StrictPrompt + fakeupstream.StrictOutput,
	}
	switch p.client.name() {
	case "messages": // counts what caches held beside the input, and no total
		want.input, want.total = want.input-want.cached-want.written, 0
	case "gemini": // has no word for what was written
		want.written = 0
	}
	require.Equal(t, want, r.usage)
}

func caseRefusal(t *testing.T, p *pair, s settings) {
	r := p.ask(t, s, "[[refuse]]")
	require.True(t, r.refused, "finish %q, text %q", r.finish, r.text)
}

func caseSplit(t *testing.T, p *pair, s settings) {
	require.Equal(t, fakeupstream.StrictSplit, p.ask(t, s, "[[split]]").text)
}

func caseSplitCall(t *testing.T, p *pair, s settings) {
	s.tools = true
	r := p.ask(t, s, "[[split+call]]")
	require.Len(t, r.calls, 1, r.text)
	var args struct{ City string }
	require.NoError(t, json.Unmarshal([]byte(r.calls[0].args), &args), r.calls[0].args)
	require.Equal(t, fakeupstream.StrictCity, args.City)
}

func caseCountTokens(t *testing.T, p *pair) {
	c := p.begin(settings{})
	c.user("how many?")
	n, err := c.count(t.Context())
	require.NoError(t, err)
	require.Positive(t, n)
	if p.client.name() == p.up.name {
		require.EqualValues(t, fakeupstream.StrictPrompt, n)
	}
}

// mustFail sends a question that must end in the SDK's own type of error.
func (p *pair) mustFail(t *testing.T, s settings, text string) (*failure, talk) {
	t.Helper()
	c := p.begin(s)
	c.user(text)
	said := ""
	r, err := c.send(within(t), func(piece string) { said += piece })
	require.Error(t, err, "an answer came: %+v", r)
	f := c.failure(err)
	require.NotNil(t, f, "%T: %v", err, err)
	require.Empty(t, said, "the client had been answered already")
	return f, c
}

func caseRateLimit(t *testing.T, p *pair, s settings) {
	f, c := p.mustFail(t, s, "[[error:429]]")
	require.Equal(t, http.StatusTooManyRequests, f.status)
	words := map[string]string{"chat": "rate_limit_exceeded", "responses": "rate_limit_exceeded", "messages": "rate_limit_error", "gemini": "RESOURCE_EXHAUSTED"}
	require.Contains(t, f.kind, words[p.client.name()])
	require.Contains(t, f.message, "Rate limit reached")
	if p.direct && p.to("gemini") {
		return // tells it in the body
	}
	require.Equal(t, fmt.Sprint(fakeupstream.StrictRetryAfter), c.head().Get("Retry-After"))
	if !p.direct && !p.to("gemini") { // which gives no request id
		require.Equal(t, fakeupstream.StrictRequestID, c.head().Get("X-Upstream-Request-Id"))
	}
}

func caseOverloaded(t *testing.T, p *pair) {
	f, _ := p.mustFail(t, settings{}, "[[error:529]]")
	require.GreaterOrEqual(t, f.status, 500)
	require.NotEmpty(t, f.kind)
	require.Contains(t, f.message, fakeupstream.StrictLate)
}

// caseBadRequest: what the upstream refuses, the client hears of as its own fault.
func caseBadRequest(t *testing.T, p *pair) {
	c := p.begin(settings{tools: true})
	c.user("go")
	c.assistant("", call{"call_1", "get_weather", `{"city":"Paris"}`})
	c.user("and?")
	r, err := c.send(within(t), nil)
	if err == nil { // a codec may mend the conversation: the call was never answered
		require.NotEmpty(t, r.text)
		return
	}
	f := c.failure(err)
	require.NotNil(t, f, "%T: %v", err, err)
	require.Equal(t, http.StatusBadRequest, f.status, f.message)
	words := map[string]string{"chat": "invalid_request_error", "responses": "invalid_request_error", "messages": "invalid_request_error", "gemini": "INVALID_ARGUMENT"}
	require.Contains(t, f.kind, words[p.client.name()])
}

// caseHidden: an error before any text is a real answer with a status, though
// the upstream had begun a stream.
func caseHidden(t *testing.T, p *pair) {
	f, _ := p.mustFail(t, settings{stream: true}, "[[hidden]]")
	require.GreaterOrEqual(t, f.status, 500)
	require.Contains(t, f.message, fakeupstream.StrictLate)
}

func caseMidstream(t *testing.T, p *pair) {
	c := p.begin(settings{stream: true})
	c.user("[[midstream]]")
	said := ""
	r, err := c.send(within(t), func(piece string) { said += piece })
	require.Error(t, err, "an answer came: %+v", r)
	require.True(t, strings.HasPrefix(said, "one two"), "the text before the error: %q", said)
	require.Contains(t, err.Error(), fakeupstream.StrictLate)
}

func caseDisconnect(t *testing.T, p *pair) {
	c := p.begin(settings{stream: true})
	c.user("[[stall]]")
	ctx, leave := newLeaver(t)
	_, err := c.send(ctx, func(string) { leave() })
	require.Error(t, err)
	for end := within(t).Done(); ; {
		select {
		case gone := <-p.up.Disconnected():
			if strings.Contains(string(gone.Body), "[[stall]]") {
				return
			} // what another case left behind
		case <-end:
			require.Fail(t, "the upstream did not learn that the client left")
		}
	}
}

// caseExtras: a request that is legal in the client's protocol is never made
// into one that the upstream refuses.
func caseExtras(t *testing.T, p *pair) {
	text, err := p.begin(settings{}).extras(within(t), false)
	require.NoError(t, err)
	require.Equal(t, "fine", text)
}

func caseExtraTools(t *testing.T, p *pair) {
	text, err := p.begin(settings{}).extras(within(t), true)
	require.NoError(t, err)
	// Parts of one result may be joined by a line's end.
	require.Equal(t, "result: sunny", strings.ReplaceAll(text, "\n", ""))
}

// caseOtherModel: each model has its own word for the limit, and the client
// need not know.
func caseOtherModel(t *testing.T, p *pair) {
	c := p.begin(settings{max: 2048})
	c.change(p.model + "-other")
	c.user("[[echo]]")
	require.EqualValues(t, 2048, digest(t, p.send(t, c)).MaxTokens)
}

// caseOtherThinking: what a model does not know of thinking is not asked of it.
func caseOtherThinking(t *testing.T, p *pair, s settings) {
	s.tools, s.think = true, true
	c := p.begin(s)
	c.change(p.model + "-other")
	c.user("[[think+call]]")
	r := p.send(t, c)
	require.Len(t, r.calls, 1, r.text)
	c.results(result{call: r.calls[0], text: "22 degrees"})
	require.Equal(t, "result: 22 degrees", p.send(t, c).text)
}

// caseOtherParallel: Gemini 2.5 gives calls no ids.
func caseOtherParallel(t *testing.T, p *pair, s settings) {
	s.tools = true
	c := p.begin(s)
	c.change(p.model + "-other")
	c.user("[[parallel]]")
	r := p.send(t, c)
	require.Len(t, r.calls, 2, r.text)
	require.NotEqual(t, r.calls[0].id, r.calls[1].id)
	c.results(result{call: r.calls[0], text: "22 degrees"}, result{call: r.calls[1], text: "30 degrees"})
	require.Equal(t, "result: 22 degrees; result: 30 degrees", p.send(t, c).text)
}

func caseUnknownModel(t *testing.T, p *pair) {
	c := p.begin(settings{})
	c.change("to-nowhere")
	c.user("hello")
	_, err := c.send(within(t), nil)
	f := c.failure(err)
	require.NotNil(t, f, "%T: %v", err, err)
	require.Equal(t, http.StatusNotFound, f.status)
	words := map[string]string{"chat": "model_not_found", "responses": "model_not_found", "messages": "not_found_error", "gemini": "NOT_FOUND"}
	require.Contains(t, f.kind, words[p.client.name()])
	require.Contains(t, f.message, "to-nowhere")
}

func caseUnknownKey(t *testing.T, p *pair) {
	c := p.client.talk(p.base, "no-such-key", settings{model: p.model})
	c.user("hello")
	_, err := c.send(within(t), nil)
	f := c.failure(err)
	require.NotNil(t, f, "%T: %v", err, err)
	require.Contains(t, []int{http.StatusUnauthorized, http.StatusBadRequest}, f.status) // 400 is Google's
	words := map[string]string{"chat": "invalid_api_key", "responses": "invalid_api_key", "messages": "authentication_error", "gemini": ""}
	require.Contains(t, f.kind, words[p.client.name()])
	require.Empty(t, p.up.Requests())
}

func caseTextAndCall(t *testing.T, p *pair, s settings) {
	s.tools = true
	c := p.begin(s)
	c.user("[[say+call]]")
	r := p.send(t, c)
	require.Equal(t, fakeupstream.StrictAside, r.text)
	require.Len(t, r.calls, 1)
	require.Equal(t, p.client.finishes().tool, r.finish)
	c.results(result{call: r.calls[0], text: "22 degrees"})
	require.Equal(t, "result: 22 degrees", p.send(t, c).text)
	c.user("[[echo]]")
	require.Equal(t, fakeupstream.StrictAside, digest(t, p.send(t, c)).Assistant[0])
}

// caseLoop: one turn of the user's, three steps of the model's, each with its
// own thinking.
func caseLoop(t *testing.T, p *pair, s settings) {
	s.tools, s.think = true, !p.to("chat")
	c := p.begin(s)
	c.user("[[think+call]]")
	for _, text := range []string{"more: [[think+call]]", "more: [[parallel]]"} {
		r := p.send(t, c)
		require.Len(t, r.calls, 1, r.text)
		c.results(result{call: r.calls[0], text: text})
	}
	r := p.send(t, c)
	require.Len(t, r.calls, 2, r.text)
	c.results(result{call: r.calls[0], text: "a"}, result{call: r.calls[1], text: "b"})
	require.Equal(t, "result: a; result: b", p.send(t, c).text)
	c.user("[[say:done]]")
	require.Equal(t, "done", p.send(t, c).text)
}

func caseLarge(t *testing.T, p *pair, s settings) {
	r := p.ask(t, s, "[[big]]")
	require.Len(t, r.text, fakeupstream.StrictBig)
}

func caseLargeCall(t *testing.T, p *pair, s settings) {
	s.tools = true
	c := p.begin(s)
	c.user("[[big+call]]")
	r := p.send(t, c)
	require.Len(t, r.calls, 1)
	require.Greater(t, len(r.calls[0].args), fakeupstream.StrictBig)
	c.results(result{call: r.calls[0], text: "ok"})
	require.Equal(t, "result: ok", p.send(t, c).text)
}

// caseNothing: a model that says nothing is no error, and the conversation
// goes on.
func caseNothing(t *testing.T, p *pair, s settings) {
	c := p.begin(s)
	c.user("[[empty]]")
	r := p.send(t, c)
	require.Empty(t, r.text)
	require.Empty(t, r.calls)
	require.Equal(t, p.client.finishes().stop, r.finish)
	c.user("[[say:and on]]")
	require.Equal(t, "and on", p.send(t, c).text)
}

func caseDocument(t *testing.T, p *pair) {
	doc := []byte("%PDF-1.4\n%%EOF\n")
	sum := sha256.Sum256(doc)
	d := digest(t, p.ask(t, settings{}, "[[echo]]", picture{pdf: doc}))
	require.Equal(t, []string{"application/pdf " + hex.EncodeToString(sum[:])[:16]}, d.Images)
}

// casePictures: several pictures, in the history too, keep their order.
func casePictures(t *testing.T, p *pair) {
	one := aPicture(t)
	two := picture{png: append(append([]byte(nil), one.png...), 0)} // bytes behind the end of a PNG are legal
	c := p.begin(settings{})
	c.user("these?", one, two)
	c.assistant("two pictures")
	c.user("[[echo]] and this?", two)
	require.Equal(t, []string{seenPicture(one), seenPicture(two), seenPicture(two)}, digest(t, p.send(t, c)).Images)
}

// caseBlocked: the upstream refuses the prompt without an answer of the
// model's; Gemini says so beside an empty list of candidates.
func caseBlocked(t *testing.T, p *pair, s settings) {
	r := p.ask(t, s, "[[block]]")
	require.True(t, r.refused, "finish %q, text %q", r.finish, r.text)
}

// caseTooLong: agents compact their history when they are told in their own
// dialect that it does not fit.
func caseTooLong(t *testing.T, p *pair) {
	f, _ := p.mustFail(t, settings{}, "[[too-long]]")
	require.Equal(t, http.StatusBadRequest, f.status)
	words := map[string]string{"chat": "context_length_exceeded", "responses": "context_length_exceeded", "messages": "invalid_request_error", "gemini": "INVALID_ARGUMENT"}
	require.Contains(t, f.kind, words[p.client.name()])
	says := map[string]string{"chat": "", "responses": "", "messages": "prompt is too long", "gemini": ""} // Claude Code looks for the words
	require.Contains(t, f.message, says[p.client.name()])
}

// caseUpstreamKey: that the gateway's credential is refused is not the client's
// doing, and it is not told of the credential.
func caseUpstreamKey(t *testing.T, p *pair) {
	f, _ := p.mustFail(t, settings{}, "[[error:401]]")
	require.GreaterOrEqual(t, f.status, 500, "%s: %s", f.kind, f.message)
}

// caseKept: what a client leaves to its provider to remember is remembered,
// whoever the provider is.
func caseKept(t *testing.T, p *pair, s settings) {
	s.tools, s.think = true, !p.to("chat")
	c := p.begin(s)
	c.user("[[think+call]]")
	r := p.send(t, c)
	require.Len(t, r.calls, 1, r.text)
	c.results(result{call: r.calls[0], text: "22 degrees"})
	require.Equal(t, "result: 22 degrees", p.send(t, c).text)
	c.user("[[echo]]")
	d := digest(t, p.send(t, c))
	require.Equal(t, []string{"user", "assistant", "tool", "assistant", "user"}, d.Roles)
	require.Equal(t, []string{"[[think+call]]", "[[echo]]"}, d.Texts)
	require.Equal(t, []string{"result: 22 degrees"}, d.Assistant)
}

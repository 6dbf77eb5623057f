package app_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// upstreamDouble is one strict mock behind its own listener.
type upstreamDouble struct {
	name  string
	model string // as the provider calls it
	alias string // as the gateway's clients do
	other string // a model of the provider's that knows other parameters
	*fakeupstream.Server
}

// doubles starts the four providers.
func doubles(t *testing.T) []*upstreamDouble {
	t.Helper()
	list := []*upstreamDouble{
		{name: "chat", model: "gpt-4.1", alias: "to-chat", other: "o4-mini"},
		{name: "responses", model: "gpt-5.2", alias: "to-responses", other: "gpt-4.1"},
		{name: "messages", model: "claude-sonnet-4-5", alias: "to-messages", other: "claude-opus-4-8"},
		{name: "gemini", model: "gemini-3-pro-preview", alias: "to-gemini", other: "gemini-2.5-flash"},
	}
	for _, d := range list {
		d.Server = fakeupstream.Start(t)
	}
	list[0].Fallback(fakeupstream.StrictOpenAIChat())
	list[1].Fallback(fakeupstream.StrictResponses())
	list[2].Fallback(fakeupstream.StrictAnthropic())
	list[3].Fallback(fakeupstream.StrictGemini())
	return list
}

func sdkClients() []sdkClient {
	return []sdkClient{chatClient{}, responsesClient{}, messagesClient{}, geminiClient{}}
}

func matrixConfig(list []*upstreamDouble) string {
	const form = `
providers:
  chat: {vendor: openai, base_url: {chat: "%s/v1"}, api_key: up-chat, allow_private: true}
  responses: {vendor: openai, base_url: {responses: "%s/v1"}, api_key: up-responses, allow_private: true}
  messages: {vendor: anthropic, base_url: {messages: "%s/v1"}, api_key: up-messages, allow_private: true}
  gemini: {vendor: gemini, base_url: {gemini: "%s/v1beta"}, api_key: up-gemini, allow_private: true}
models:
`
	yaml := fmt.Sprintf(form, list[0].URL, list[1].URL, list[2].URL, list[3].URL)
	for _, d := range list {
		yaml += fmt.Sprintf("  %s: {targets: [{provider: %s, model: %s}]}\n", d.alias, d.name, d.model)
		yaml += fmt.Sprintf("  %s-other: {targets: [{provider: %s, model: %s}]}\n", d.alias, d.name, d.other)
	}
	return yaml + "keys:\n  ada: {secret: " + testKey + "}\n"
}

// pair is a client and an upstream with what stands between them.
type pair struct {
	client sdkClient
	up     *upstreamDouble
	others []*upstreamDouble
	base   string
	model  string
	direct bool // nothing stands between them
	log    fmt.Stringer
}

func (p *pair) String() string { return p.client.name() + "→" + p.up.name }

func (p *pair) to(names ...string) bool {
	return slices.Contains(names, p.up.name)
}

// begin starts a conversation with the upstream of the pair.
func (p *pair) begin(s settings) talk {
	s.model = p.model
	return p.client.talk(p.base, testKey, s)
}

// ask is one question and its answer.
func (p *pair) ask(t *testing.T, s settings, text string, images ...picture) *reply {
	t.Helper()
	c := p.begin(s)
	c.user(text, images...)
	return p.send(t, c)
}

// send sends a conversation that must succeed.
func (p *pair) send(t *testing.T, c talk) *reply {
	t.Helper()
	r, err := c.send(t.Context(), nil)
	if err != nil {
		require.NoError(t, err, "%+v", c.failure(err))
	}
	return r
}

// lastBody is what the upstream was sent last.
func (p *pair) lastBody() string {
	all := p.up.Requests()
	if len(all) == 0 {
		return ""
	}
	return string(all[len(all)-1].Body)
}

// matrixCase is one thing that must work between every client and upstream it
// applies to.
type matrixCase struct {
	name    string
	applies func(p *pair) bool // nil: always
	run     func(t *testing.T, p *pair)
}

// outcome is one cell of the table.
type outcomes struct {
	mu    sync.Mutex
	cells map[string]string
}

func (o *outcomes) set(p *pair, c matrixCase, cell string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cells[p.String()+"/"+c.name] = cell
}

// TestMatrix runs every case between each official SDK and each upstream,
// through one gateway.
func TestMatrix(t *testing.T) {
	list := doubles(t)
	g := start(t, matrixConfig(list))
	var pairs []*pair
	for _, c := range sdkClients() {
		for _, up := range list {
			pairs = append(pairs, &pair{client: c, up: up, others: list, base: g.base, model: up.alias, log: g.log})
		}
	}
	runMatrix(t, pairs)
}

// TestMatrixDirect runs them without a gateway: what the SDK sends its own
// provider, the provider's double accepts.
func TestMatrixDirect(t *testing.T) {
	list := doubles(t)
	var pairs []*pair
	for i, c := range sdkClients() {
		pairs = append(pairs, &pair{client: c, up: list[i], base: list[i].URL, model: list[i].model, direct: true, log: new(syncBuffer)})
	}
	runMatrix(t, pairs)
}

// pairTime bounds one case: what hangs must not hang the whole table.
const pairTime = 20 * time.Second

func runMatrix(t *testing.T, pairs []*pair) {
	o := &outcomes{cells: map[string]string{}}
	cases := matrixCases()
	for _, p := range pairs {
		for _, c := range cases {
			if c.applies != nil && !c.applies(p) {
				o.set(p, c, "·")
				continue
			}
			ok := t.Run(p.String()+"/"+c.name, func(t *testing.T) {
				p.up.Reset()
				logged := len(p.log.String())
				t.Cleanup(func() {
					if t.Failed() {
						t.Logf("the upstream was sent last: %.3000s", p.lastBody())
						t.Logf("the gateway logged: %.3000s", p.log.String()[logged:])
					}
				})
				c.run(t, p)
			})
			cell := "FAIL"
			if ok {
				cell = "ok"
			}
			o.set(p, c, cell)
		}
	}
	t.Log("\n" + o.table(pairs, cases))
}

func (o *outcomes) table(pairs []*pair, cases []matrixCase) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-26s", "")
	for _, p := range pairs {
		fmt.Fprintf(&b, " %-4.4s", p.client.name())
	}
	fmt.Fprintf(&b, "\n%-26s", "")
	for _, p := range pairs {
		fmt.Fprintf(&b, " %-4.4s", p.up.name)
	}
	bad := 0
	for _, c := range cases {
		fmt.Fprintf(&b, "\n%-26s", c.name)
		for _, p := range pairs {
			cell := o.cells[p.String()+"/"+c.name]
			if cell == "FAIL" {
				bad++
			}
			fmt.Fprintf(&b, " %-4s", cell)
		}
	}
	fmt.Fprintf(&b, "\n%d of %d failed", bad, len(o.cells))
	return b.String()
}

// aPicture is a small PNG.
func aPicture(t *testing.T) picture {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 2, 2))
	img.Set(0, 0, color.RGBA{R: 200, A: 255})
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return picture{png: b.Bytes()}
}

// within is a context that ends before the test does.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), pairTime)
	t.Cleanup(cancel)
	return ctx
}

// newLeaver is a client that goes away when leave is called.
func newLeaver(t *testing.T) (context.Context, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(within(t))
	return ctx, cancel
}

package relay

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// What one request may have fetched: so many files, of so many bytes together
// (they are in memory several times until the request has been sent), in so
// much time.
const (
	maxFetches  = 32
	maxFetched  = 64 << 20
	fetchWithin = time.Minute
)

// Fetcher gets the files that a client named by URL, for upstreams that take
// bytes only.
type Fetcher interface {
	// Fetch returns the bytes and their media type. Errors are *llm.Error.
	Fetch(ctx context.Context, address string) (data []byte, mediaType string, err error)
}

// inlineMedia returns the request with the bytes of the files that the target
// does not get by itself. The request given is not changed.
func (l *codecLane) inlineMedia(a *attempt, req *llm.Request) (*llm.Request, *llm.Error) {
	f := a.x.relay.o.Fetcher
	taker, ok := l.egress.(wire.URLTaker)
	if f == nil || !ok {
		return req, nil
	}
	in := &inliner{a: a, fetcher: f, takes: func(m *llm.Media) bool { return taker.TakesURL(m, l.to) }}
	defer in.end()
	messages := req.Messages
	for i := range req.Messages {
		blocks, e := in.blocks(req.Messages[i].Blocks)
		if e != nil {
			return nil, e
		}
		if blocks == nil {
			continue
		}
		if &messages[0] == &req.Messages[0] {
			messages = append([]llm.Message(nil), req.Messages...)
		}
		messages[i].Blocks = blocks
	}
	if !in.changed {
		return req, nil
	}
	copied := *req
	copied.Messages = messages
	return &copied, nil
}

// files are what has been fetched for a request, each file once however many
// targets are tried.
type files struct {
	had  map[string]*llm.Media // by URL
	size int
}

// inliner puts files into the request of one attempt.
type inliner struct {
	a       *attempt
	fetcher Fetcher
	takes   func(m *llm.Media) bool
	changed bool
	ctx     context.Context //nolint:containedctx // bounds all fetches of one call
	cancel  context.CancelFunc
}

func (in *inliner) end() {
	if in.cancel != nil {
		in.cancel()
	}
}

// blocks returns the blocks with bytes in place of URLs, or nil when nothing changes.
func (in *inliner) blocks(blocks []llm.Block) (changed []llm.Block, e *llm.Error) {
	for i, b := range blocks {
		var with llm.Block
		switch b := b.(type) {
		case *llm.Media:
			with, e = in.media(b)
		case *llm.ToolResult:
			with, e = in.result(b)
		}
		if e != nil {
			return nil, e
		}
		if with == nil {
			continue
		}
		if changed == nil {
			changed = append([]llm.Block(nil), blocks...)
		}
		changed[i] = with
	}
	return changed, nil
}

func (in *inliner) result(r *llm.ToolResult) (llm.Block, *llm.Error) {
	inner, e := in.blocks(r.Blocks)
	if e != nil || inner == nil {
		return nil, e
	}
	copied := *r
	copied.Blocks = inner
	return &copied, nil
}

func (in *inliner) media(m *llm.Media) (llm.Block, *llm.Error) {
	if !isWeb(m.URL) || in.takes(m) {
		return nil, nil //nolint:nilnil // nothing to change
	}
	file, e := in.file(m.URL)
	if e != nil {
		e.Scope = llm.ScopeModel // another target may get files itself
		return nil, e
	}
	in.changed = true
	copied := *m
	copied.URL, copied.MIME, copied.Data = "", file.MIME, file.Data
	return &copied, nil
}

func (in *inliner) file(address string) (*llm.Media, *llm.Error) {
	f := &in.a.x.files
	if file, ok := f.had[address]; ok {
		return file, nil
	}
	if len(f.had) == maxFetches {
		return nil, in.tooMuch("at most %d are fetched for one request", maxFetches)
	}
	if in.ctx == nil {
		in.ctx, in.cancel = context.WithTimeout(in.a.ctx, fetchWithin)
	}
	data, mime, err := in.fetcher.Fetch(in.ctx, address)
	if err != nil {
		return nil, asError(err)
	}
	if f.size += len(data); f.size > maxFetched {
		return nil, in.tooMuch("at most %d MiB are fetched for one request", maxFetched>>20)
	}
	if f.had == nil {
		f.had = map[string]*llm.Media{}
	}
	f.had[address] = &llm.Media{MIME: mime, Data: base64.StdEncoding.EncodeToString(data)}
	return f.had[address], nil
}

func (in *inliner) tooMuch(format string, bound int) *llm.Error {
	return llm.Errorf(llm.KindInvalid, "too_many_urls", "the provider %q takes files as bytes only, and "+format+"; send them as base64", in.a.provider.Slug, bound)
}

func isWeb(address string) bool {
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
}

package relay

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// maxFetches bounds how many files one request may have fetched.
const maxFetches = 32

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
	in := &inliner{a: a, fetcher: f, takes: func(m *llm.Media) bool { return taker.TakesURL(m, l.to) }, had: map[string]*llm.Media{}}
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
	if len(in.had) == 0 {
		return req, nil
	}
	copied := *req
	copied.Messages = messages
	return &copied, nil
}

// inliner fetches each file once.
type inliner struct {
	a       *attempt
	fetcher Fetcher
	takes   func(m *llm.Media) bool
	had     map[string]*llm.Media // by URL
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
	file, ok := in.had[m.URL]
	if !ok {
		if len(in.had) == maxFetches {
			return nil, llm.Errorf(llm.KindInvalid, "too_many_urls", "the provider %q takes files as bytes only, and at most %d are fetched for one request; send them as base64", in.a.provider.Slug, maxFetches)
		}
		data, mime, err := in.fetcher.Fetch(in.a.ctx, m.URL)
		if err != nil {
			return nil, asError(err)
		}
		file = &llm.Media{MIME: mime, Data: base64.StdEncoding.EncodeToString(data)}
		in.had[m.URL] = file
	}
	copied := *m
	copied.URL, copied.MIME, copied.Data = "", file.MIME, file.Data
	return &copied, nil
}

func isWeb(address string) bool {
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
}

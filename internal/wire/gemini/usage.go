package gemini

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// counts is usageMetadata. The prompt includes what was read from a cache but
// not the prompts of the API's own tools; the candidates exclude thoughts.
type counts struct {
	prompt, cached, candidates, thoughts, toolUse, total int64

	promptBy, cachedBy, candidatesBy, toolUseBy modalities
}

// modalities holds counts by modality.
type modalities struct{ audio, image int64 }

func count(set func(c *counts, n int64)) field[counts] { return into(integer, set) }

var usageFields = map[string]field[counts]{
	"promptTokenCount":        count(func(c *counts, n int64) { c.prompt = n }),
	"cachedContentTokenCount": count(func(c *counts, n int64) { c.cached = n }),
	"candidatesTokenCount":    count(func(c *counts, n int64) { c.candidates = n }),
	// The name of the same count in the live API and some gateways.
	"responseTokenCount":         count(func(c *counts, n int64) { c.candidates = n }),
	"thoughtsTokenCount":         count(func(c *counts, n int64) { c.thoughts = n }),
	"toolUsePromptTokenCount":    count(func(c *counts, n int64) { c.toolUse = n }),
	"totalTokenCount":            count(func(c *counts, n int64) { c.total = n }),
	"promptTokensDetails":        into(readModalities, func(c *counts, m modalities) { c.promptBy = m }),
	"cacheTokensDetails":         into(readModalities, func(c *counts, m modalities) { c.cachedBy = m }),
	"candidatesTokensDetails":    into(readModalities, func(c *counts, m modalities) { c.candidatesBy = m }),
	"toolUsePromptTokensDetails": into(readModalities, func(c *counts, m modalities) { c.toolUseBy = m }),
}

func readModalities(v llm.Raw) (modalities, error) {
	var m modalities
	err := eachElement(v, func(v llm.Raw) error {
		raw := wirejson.Member(v, "tokenCount")
		if wirejson.IsNull(raw) {
			return nil
		}
		n, err := integer(raw)
		if err != nil {
			return err
		}
		switch name, _ := wirejson.Text(wirejson.Member(v, "modality")); name {
		case "AUDIO":
			m.audio += n
		case "IMAGE":
			m.image += n
		}
		return nil
	})
	return m, err
}

// decodeUsage reads usageMetadata.
func decodeUsage(raw llm.Raw) (llm.Usage, error) {
	var c counts
	if _, err := decodeObject(&c, raw, usageFields); err != nil {
		return llm.Usage{}, err
	}
	prompt, output := c.prompt+c.toolUse, c.candidates+c.thoughts
	if c.thoughts > 0 && c.candidates >= c.thoughts && c.total == prompt+c.candidates {
		output = c.candidates // the total says that thoughts are inside already
	}
	u := llm.FromInclusive(prompt, c.cached, 0, output, c.thoughts)
	u.AudioIn = between(c.promptBy.audio+c.toolUseBy.audio-c.cachedBy.audio, u.Input)
	u.ImageIn = between(c.promptBy.image+c.toolUseBy.image-c.cachedBy.image, u.Input-u.AudioIn)
	u.AudioOut = between(c.candidatesBy.audio, u.Output-u.Reasoning)
	return u, nil
}

// between keeps a part within its whole.
func between(n, whole int64) int64 { return max(0, min(n, whole)) }

// usage writes usageMetadata. own is the upstream's own object, used while it
// still says the same.
func (w *writer) usage(u *llm.Usage, own llm.Raw) {
	if own != nil {
		said, err := decodeUsage(own)
		said.Searches = u.Searches
		if err == nil && equalUsage(said, *u) {
			w.raw("usageMetadata", own)
			return
		}
	}
	w.object("usageMetadata", func() {
		w.int("promptTokenCount", u.Prompt())
		if u.CacheRead > 0 {
			w.int("cachedContentTokenCount", u.CacheRead)
		}
		w.int("candidatesTokenCount", max(0, u.Output-u.Reasoning))
		if u.Reasoning > 0 {
			w.int("thoughtsTokenCount", u.Reasoning)
		}
		w.int("totalTokenCount", u.Total())
		w.modalities("promptTokensDetails", u.AudioIn, u.ImageIn, u.Prompt()-u.AudioIn-u.ImageIn)
		w.modalities("candidatesTokensDetails", u.AudioOut, 0, u.Output-u.Reasoning-u.AudioOut)
	})
}

func equalUsage(a, b llm.Usage) bool {
	a.ReportedCostNano, b.ReportedCostNano = nil, nil
	return a == b
}

// modalities writes counts by modality, where there is more than text.
func (w *writer) modalities(name string, audio, image, text int64) {
	if audio == 0 && image == 0 {
		return
	}
	w.array(name, func() {
		for _, m := range []struct {
			name string
			n    int64
		}{{"TEXT", text}, {"AUDIO", audio}, {"IMAGE", image}} {
			if m.n > 0 {
				w.elem()
				w.open('{')
				w.str("modality", m.name)
				w.int("tokenCount", m.n)
				w.shut('}')
			}
		}
	})
}

// usageLosses notes what of the vector usageMetadata cannot say.
func usageLosses(losses *llm.Losses, u *llm.Usage) {
	if u != nil && u.CacheWrite() > 0 {
		losses.Approximate("usage_cache_write", "usage")
	}
}

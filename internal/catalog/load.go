package catalog

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

//go:embed vendors/*.yaml
var embedded embed.FS

// Load reads the catalog that is part of the program. It takes some
// milliseconds; keep what it returns.
func Load() (*Catalog, error) {
	sub, err := fs.Sub(embedded, "vendors")
	if err != nil {
		return nil, fmt.Errorf("catalog: embedded vendors: %w", err)
	}
	return LoadFS(sub)
}

// LoadFS reads one vendor from every *.yaml file at the root of fsys. The
// error joins the problems of all files, each with the file's name.
func LoadFS(fsys fs.FS) (*Catalog, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("catalog: list vendors: %w", err)
	}
	facts, err := parseFacts(modelFactsFile)
	if err != nil {
		return nil, err
	}
	c := &Catalog{byID: make(map[string]Vendor, len(names)), facts: facts}
	var problems []error
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			problems = append(problems, fmt.Errorf("catalog: read %s: %w", name, err))
			continue
		}
		v, err := parseVendor(strings.TrimSuffix(name, ".yaml"), data)
		if err != nil {
			problems = append(problems, fmt.Errorf("catalog: %s: %w", name, err))
			continue
		}
		c.byID[v.ID] = v
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	c.index()
	return c, nil
}

// index derives what Catalog answers from its vendors.
func (c *Catalog) index() {
	schemes := map[string]bool{"http": true, "https": true}
	for id, v := range c.byID {
		c.ids = append(c.ids, id)
		for _, base := range v.Protocols {
			scheme, _, _ := strings.Cut(base, "://")
			schemes[scheme] = true
		}
	}
	slices.Sort(c.ids)
	for _, id := range c.ids {
		c.infer = append(c.infer, c.byID[id].Infer...)
	}
	slices.SortStableFunc(c.infer, func(a, b Inference) int {
		if d := len(b.Path) - len(a.Path); d != 0 {
			return d
		}
		return len(b.Host) - len(a.Host)
	})
	for s := range schemes {
		c.scheme = append(c.scheme, s)
	}
	slices.Sort(c.scheme)
}

// Protocols lists the protocols a vendor's file or a provider's base_url may
// name, in the order in which they are shown.
func Protocols() []llm.Protocol {
	return []llm.Protocol{
		llm.OpenAIChat, llm.OpenAIEmbeddings, llm.OpenAIResponses, llm.OpenAICompletions,
		llm.AnthropicMessages, llm.Gemini, llm.Ollama,
	}
}

package gemini

import (
	"strconv"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// Codec speaks the Gemini API. Its zero value is ready; New adds the cache of
// cleaned schemas. It is a value and safe for concurrent use.
type Codec struct {
	// Array makes the stream encoder write one JSON array, the form of
	// streamGenerateContent without alt=sse, in place of server-sent events.
	Array bool
	// SchemaSubset says that the upstream does not know parametersJsonSchema
	// and responseJsonSchema, so that JSON Schemas are cleaned to the OpenAPI
	// subset of parameters and responseSchema.
	SchemaSubset bool

	schemas *schemaCache
}

var (
	_ wire.Ingress = Codec{}
	_ wire.Egress  = Codec{}

	_ wire.StreamTyper = Codec{}
)

// New returns a codec with a cache of at most cachedSchemas cleaned schemas,
// so that a request with many tools is cleaned once.
func New(cachedSchemas int) Codec { return Codec{schemas: newSchemaCache(cachedSchemas)} }

// Protocol returns llm.Gemini.
func (Codec) Protocol() llm.Protocol { return llm.Gemini }

// StreamType is the content type of a stream.
func (c Codec) StreamType() string {
	if c.Array {
		return "application/json"
	}
	return "text/event-stream"
}

// resourceOf returns a model's resource name: "models/x", or the name itself
// where it is one ("tunedModels/x", a Vertex resource).
func resourceOf(model string) string {
	model = strings.Trim(model, "/")
	if strings.Contains(model, "/") {
		return model
	}
	return "models/" + model
}

// modelPath returns the model's resource path below the base URL. Errors are
// *llm.Error of KindInvalid: with an empty segment, "." or ".." the path would
// be another resource's.
func modelPath(model string) (string, error) {
	path := resourceOf(model)
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return "", asInvalid(wrong("model", "%.100q is not the name of a model", model))
		}
	}
	return "/" + path, nil
}

// model describes what the name of an upstream model tells about its dialect.
type model struct {
	generation int // the number after "gemini-"; 0 when the name tells none
	point      int // the number behind the dot
	pro        bool
	lite       bool
}

// parseModel reads a model's name. Models without a known generation are
// treated as current ones.
func parseModel(name string) model {
	name = strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	m := model{pro: strings.Contains(name, "-pro"), lite: strings.Contains(name, "-lite")}
	rest, ok := strings.CutPrefix(name, "gemini-")
	if !ok {
		return m
	}
	version, _, _ := strings.Cut(rest, "-")
	major, minor, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return m
	}
	m.generation = n
	if p, err := strconv.Atoi(minor); err == nil {
		m.point = p
	}
	return m
}

// before3 reports whether the model is known to be older than Gemini 3, the
// generation that brought thinkingLevel, media in function responses and
// mediaResolution on parts.
func (m model) before3() bool { return m.generation > 0 && m.generation < 3 }

// checksSignatures reports whether the model refuses function calls of the
// current turn that carry no thought signature
// (ai.google.dev/gemini-api/docs/thought-signatures).
func (m model) checksSignatures() bool { return m.generation >= 3 }

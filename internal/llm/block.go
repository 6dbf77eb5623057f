package llm

// Block is one part of a message: Text, Reasoning, Media, ToolCall,
// ToolResult, Refusal, ServerToolResult or Opaque, always as a pointer. The
// set is closed: a codec switches over all of them.
type Block interface {
	// Common returns the attributes every block has.
	Common() *Attrs
	isBlock()
}

// Attrs are the attributes every block has.
type Attrs struct {
	ID    string // item or block id, where the protocol gives one
	Cache *CacheMark
	Ext   Ext
}

// Common returns the attributes themselves.
func (a *Attrs) Common() *Attrs { return a }

func (*Attrs) isBlock() {}

// CacheMark asks the upstream to cache the prompt up to and including the
// block that carries it.
type CacheMark struct {
	TTL string // "5m", "1h" or "" (the protocol's default)
	Ext Ext
}

// Text is plain text.
type Text struct {
	Attrs
	Text      string
	Citations []Citation
	Logprobs  Raw // as the upstream gave them
	// Signature is a thought signature that stands on text (Gemini).
	Signature *Signature
	// Phase is the Responses protocol's mark on assistant text ("commentary", "final_answer").
	Phase string
}

// Citation points from text to a source. URL and Title are what all protocols
// share; Raw is the protocol's own object, which leaves only by the same one.
type Citation struct {
	URL, Title string
	Start, End int64 // code points of the text; both 0 when not known
	Text       string
	Protocol   Protocol
	Raw        Raw
}

// Origin says who issued a signature or encrypted payload: only they can
// verify it.
type Origin struct {
	Protocol Protocol
	Vendor   string // "" where not known: the client brought it
	Provider string // slug of the connection; "" where not known
}

// Signature is an opaque proof that a block came from its Origin.
type Signature struct {
	Data   string
	Origin Origin
}

// Reasoning is thinking the model shows, hides or encrypts.
type Reasoning struct {
	Attrs
	Text      string   // full thinking, where shown
	Summary   []string // summaries (Responses), one a part
	Signature *Signature
	// Encrypted is thinking as an opaque payload (Responses
	// encrypted_content, Anthropic redacted_thinking data).
	Encrypted *Signature
	// Redacted: the upstream withheld the text (Anthropic redacted_thinking).
	Redacted bool
}

// MediaKind is what a Media block holds.
type MediaKind string

// The kinds.
const (
	MediaImage    MediaKind = "image"
	MediaAudio    MediaKind = "audio"
	MediaVideo    MediaKind = "video"
	MediaDocument MediaKind = "document" // PDF and text files
)

// Media is a picture, sound, video or document. Exactly one of Data, URL,
// FileID and Text is set.
type Media struct {
	Attrs
	Kind   MediaKind
	MIME   string // "" when not known
	Data   string // base64, as it came
	URL    string // http(s) or gs URL
	FileID string
	Text   string // a document given as plain text
	Name   string // file name or title
	Detail string // "low", "high", "auto", "original"; "" when not asked
	// Context and CitationsOn belong to documents.
	Context     string
	CitationsOn *bool
	// Transcript is what was said, for audio a model made.
	Transcript string
	Signature  *Signature
}

// ToolKind says how a tool is called.
type ToolKind string

// The kinds.
const (
	ToolFunction ToolKind = "function" // JSON arguments by schema
	ToolCustom   ToolKind = "custom"   // free text, possibly by grammar
	ToolServer   ToolKind = "server"   // run by the upstream
)

// ToolCall is the model calling a tool.
type ToolCall struct {
	Attrs         // Attrs.ID is the item id (fc_…); the call's id is CallID
	CallID string // the id its result refers to; never empty in canonical form
	Name   string
	// Namespace groups tools (Responses); the wire name elsewhere is Namespace + "__" + Name.
	Namespace string
	Kind      ToolKind
	// Input is the arguments: a JSON object for functions ({} when empty),
	// free text for custom tools. Raw JSON is kept byte for byte.
	Input     Raw
	Signature *Signature
	// Native is the protocol's own item for server tools, which leaves only by
	// the same protocol.
	Native *Native
}

// ToolResult answers a ToolCall. It stands in messages of RoleTool.
type ToolResult struct {
	Attrs
	CallID  string
	Name    string // the tool's name, where the protocol gives or needs it
	Kind    ToolKind
	Blocks  []Block // Text and Media, or Opaque
	IsError bool
}

// ServerToolResult is the result of a tool the upstream ran, in its own shape.
type ServerToolResult struct {
	Attrs
	CallID string
	Name   string
	Native *Native
}

// Refusal is the model declining, where the protocol tells it from text.
type Refusal struct {
	Attrs
	Text string
}

// Opaque is a block only its protocol knows; it leaves only by that protocol.
type Opaque struct {
	Attrs
	Type   string
	Native Native
}

// Native is an object in its protocol's own shape.
type Native struct {
	Protocol Protocol
	Raw      Raw
}

// Tool is something the model may call.
type Tool struct {
	Kind        ToolKind
	Name        string
	Namespace   string
	Description string
	// Schema is the JSON Schema of the arguments; nil when not given.
	Schema Raw
	Strict *bool
	// Grammar constrains a custom tool's text.
	Grammar *Grammar
	Cache   *CacheMark
	// Type is the protocol's own name of a server tool ("web_search_20250305").
	Type string
	// Native is the protocol's own object for server tools and for kinds the
	// model has no words for.
	Native *Native
	Ext    Ext
}

// Grammar constrains free text.
type Grammar struct {
	Syntax     string // "lark" or "regex"
	Definition string
}

// ToolChoice says whether and what the model must call.
type ToolChoice struct {
	Mode ToolMode
	// Name is the one tool for ToolModeNamed; Allowed the set for ToolModeAllowed.
	Name string
	Kind ToolKind
	// Allowed names the tools that may be called; AllowedRequired: one must be.
	Allowed         []string
	AllowedRequired bool
	Native          *Native
	Ext             Ext
}

// ToolMode is the mode of a ToolChoice.
type ToolMode string

// The modes.
const (
	ToolModeAuto     ToolMode = "auto"
	ToolModeNone     ToolMode = "none"
	ToolModeRequired ToolMode = "required"
	ToolModeNamed    ToolMode = "named"
	ToolModeAllowed  ToolMode = "allowed"
	ToolModeNative   ToolMode = "native" // only Native says it
)

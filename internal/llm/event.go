package llm

// EventType says what an Event tells. The set is closed.
type EventType uint8

// The types, in the order a stream has them:
// Start (BlockStart Delta* BlockStop | Usage | Opaque | Ping)* Finish* Usage? (End | Fail).
const (
	EventStart      EventType = iota + 1 // ID, Model, Created known; exactly one, first
	EventBlockStart                      // Index, Block: its header, without content
	EventDelta                           // Index, Delta, Text
	EventBlockStop                       // Index; Block with what only the end tells (signature, citations), or nil
	EventUsage                           // Usage: cumulative, the last one wins
	EventFinish                          // Choice, Finish, FinishRaw
	EventFail                            // Err: terminal
	EventOpaque                          // Native: known only to its protocol
	EventPing                            // keep-alive
	EventEnd                             // terminal: the upstream ended the stream properly
)

// DeltaKind says what part of a block a delta extends.
type DeltaKind uint8

// The kinds.
const (
	DeltaText       DeltaKind = iota + 1 // Text.Text, Refusal.Text, or a custom tool's input
	DeltaInput                           // ToolCall.Input: a fragment of JSON text
	DeltaReasoning                       // Reasoning.Text
	DeltaSummary                         // Reasoning.Summary; Part is its index
	DeltaSignature                       // Reasoning.Signature or Text.Signature
	DeltaData                            // Media.Data: base64
	DeltaTranscript                      // Media.Transcript
	DeltaCitation                        // Text.Citations; Citation is set
	DeltaLogprobs                        // Text.Logprobs; Text holds a JSON array to be appended
)

// Event is one step of a stream. Blocks of one choice may be open at the same
// time (parallel tool calls may interleave); Index names the block and is
// unique over the whole stream, counting from 0 in order of appearance.
type Event struct {
	Type   EventType
	Index  int
	Choice int

	Block    Block
	Delta    DeltaKind
	Part     int
	Text     string
	Citation *Citation
	// Origin says who issued the signature a DeltaSignature extends.
	Origin Origin

	// Response carries what EventStart knows: ID, Model, Created, tier,
	// fingerprint and Ext; never Choices or Usage.
	Response *Response

	Usage        *Usage
	Finish       Finish
	FinishRaw    string
	StopSequence string
	Explanation  string
	Err          *Error
	Native       *Native
	// Ext is Choice.Ext on EventFinish.
	Ext Ext
}

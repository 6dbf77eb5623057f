package conversation

import "time"

// The statuses of a response that is not finished. All others are final.
const (
	statusQueued     = "queued"
	statusInProgress = "in_progress"
)

// Response is a stored response.
type Response struct {
	Tenant, ID string
	// PreviousID is the response this one continued, "" when none.
	PreviousID string
	// ConversationID is the conversation this one belongs to, "" when none;
	// ConversationEnd is the position of the last item it had read of it.
	ConversationID  string
	ConversationEnd int64
	// Provider is the slug of the connection that answered, Model its name for
	// the model, Alias the client's.
	Provider, Alias, Model string
	// Status is the response's own word: "completed", "incomplete", "failed",
	// "in_progress", "queued" or "cancelled".
	Status string
	// Native: the provider itself has stored the response under this id, with
	// all that went before.
	Native bool
	// Background: the client asked for it to run in the background.
	Background           bool
	CreatedAt, ExpiresAt time.Time
	// Input is the JSON array of the items that were new with this request.
	// Every item is an object with a type and an id.
	Input []byte
	// Body is the response object as the client got it.
	Body []byte
}

// Final reports whether the response has ended.
func (r *Response) Final() bool { return r.Status != statusQueued && r.Status != statusInProgress }

// Turn is a response as a link of a chain: without its Body, of which only the
// output array is needed.
type Turn struct {
	Response
	Output []byte
}

// Item is one item of an input or output: JSON is an object with a type.
type Item struct {
	ID   string
	JSON []byte
	// Home is the slug of the provider that keeps the item under this id, ""
	// when none does.
	Home string
	// ResponseID is the stored response that holds the item, where known.
	ResponseID string
	// Position orders the items of a conversation, from 1 on.
	Position int64
}

// Conversation is a stored conversation.
type Conversation struct {
	Tenant, ID           string
	Metadata             []byte // a JSON object of strings
	CreatedAt, ExpiresAt time.Time
	// Last is the position given last, 0 before the first; Size is the bytes
	// of all items.
	Last, Size int64
}

// Span is a part of a text.
type Span struct{ Start, Len int }

// IndexedItem says where an item stands in a response.
type IndexedItem struct {
	ID     string
	InBody bool // in Body, else in Input
	At     Span
}

// Entry is a response with what a Store must do when it takes it in.
type Entry struct {
	Response
	Output  Span // the output array in Body
	OutSize int  // bytes that a chain reads of it: Input and the output array
	// Index lists the items that can be referred to by id.
	Index []IndexedItem
	// Append goes to the end of the conversation, if that still exists.
	Append []Item
	// Used are further responses that must live as long as this one.
	Used []string
}

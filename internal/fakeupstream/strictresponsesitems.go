package fakeupstream

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Items that the mock made are known again by their ids: a kind, flags, a
// nonce and a proof over both. Flags: s for stored, r for made after reasoning.
const (
	responsesNonce = 12
	responsesProof = 24
)

func (s signer) itemID(kind, flags string) string {
	body := flags + newID("", responsesNonce)
	return kind + "_" + body + s.short(kind, body)
}

// short is a proof that fits into an id.
func (s signer) short(kind, body string) string {
	return fmt.Sprintf("%x", s.mac([]string{kind, body}))[:responsesProof]
}

// ownItem returns the flags of an id the mock made.
func (s signer) ownItem(id string) (flags string, ok bool) {
	kind, rest, found := strings.Cut(id, "_")
	if !found || len(rest) < responsesNonce+responsesProof {
		return "", false
	}
	body, proof := rest[:len(rest)-responsesProof], rest[len(rest)-responsesProof:]
	return body[:len(body)-responsesNonce], s.short(kind, body) == proof
}

const encryptedLead = "gAAAAAB"

// encrypt is the encrypted content of a reasoning item.
func (s signer) encrypt(id string) string {
	return encryptedLead + base64.RawURLEncoding.EncodeToString([]byte(id+"|")) + base64.RawURLEncoding.EncodeToString(s.mac([]string{"encrypted", id}))
}

// decrypt returns the id of the item the content was issued for.
func (s signer) decrypt(content string) (string, bool) {
	rest, ok := strings.CutPrefix(content, encryptedLead)
	proof := base64.RawURLEncoding.EncodedLen(64)
	if !ok || len(rest) <= proof {
		return "", false
	}
	b, err := base64.RawURLEncoding.DecodeString(rest[:len(rest)-proof])
	id := strings.TrimSuffix(string(b), "|")
	return id, err == nil && s.encrypt(id) == content
}

// itemTalk reads the items of a conversation.
type itemTalk struct {
	h       *heard
	signer  signer
	waiting []string // call ids without output
	seen    []string // call ids so far
	// reasoning is the id of the item just before, if that was reasoning.
	reasoning string
}

type itemMessage struct {
	Type        string         `json:"type"`
	ID          *string        `json:"id"`
	Role        string         `json:"role"`
	Content     jsontext.Value `json:"content"`
	Status      *string        `json:"status"`
	Phase       *string        `json:"phase"`
	Passthrough jsontext.Value `json:"internal_chat_message_metadata_passthrough"` // unpublished; Codex sends it
}

type itemCall struct {
	Type        string         `json:"type"`
	ID          *string        `json:"id"`
	CallID      string         `json:"call_id"`
	Name        string         `json:"name"`
	Namespace   *string        `json:"namespace"`
	Async       *bool          `json:"async"`
	Arguments   *string        `json:"arguments"`
	Input       *string        `json:"input"`
	Status      *string        `json:"status"`
	Caller      jsontext.Value `json:"caller"`
	Passthrough jsontext.Value `json:"internal_chat_message_metadata_passthrough"` // unpublished; Codex sends it
}

type itemOutput struct {
	Type        string         `json:"type"`
	ID          *string        `json:"id"`
	CallID      string         `json:"call_id"`
	Output      jsontext.Value `json:"output"`
	Name        *string        `json:"name"`
	Space       *string        `json:"namespace"`
	Status      *string        `json:"status"`
	Caller      jsontext.Value `json:"caller"`
	Passthrough jsontext.Value `json:"internal_chat_message_metadata_passthrough"` // unpublished; Codex sends it
}

type itemReasoning struct {
	Type             string         `json:"type"`
	ID               *string        `json:"id"`
	Summary          jsontext.Value `json:"summary"`
	Content          jsontext.Value `json:"content"`
	EncryptedContent *string        `json:"encrypted_content"`
	Status           *string        `json:"status"`
	Passthrough      jsontext.Value `json:"internal_chat_message_metadata_passthrough"` // unpublished; Codex sends it
}

func (t *itemTalk) read(a at) *refusal {
	switch {
	case a.absent():
		return missing(a.path)
	case a.is('"'):
		text, f := a.text()
		if f != nil {
			return openAIFlaw(f)
		}
		t.h.Roles, t.h.Texts, t.h.said = []string{"user"}, []string{text}, text
		return nil
	}
	items, f := a.list()
	if f != nil || !isArray(a.raw) {
		return &refusal{status: http.StatusBadRequest, param: "input", code: "invalid_type", message: "Invalid type for 'input': expected one of a string or array of objects."}
	}
	if len(items) == 0 {
		return &refusal{status: http.StatusBadRequest, param: "input", code: "empty_array", message: "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided."}
	}
	for _, item := range items {
		if no := t.item(item); no != nil {
			return no
		}
	}
	switch {
	case t.reasoning != "":
		return unfollowed(t.reasoning)
	case len(t.waiting) > 0:
		return &refusal{status: http.StatusBadRequest, param: "input", message: "No tool output found for function call " + t.waiting[0] + "."}
	}
	return nil
}

func unfollowed(id string) *refusal {
	return &refusal{status: http.StatusBadRequest, param: "input", message: "Item '" + id + "' of type 'reasoning' was provided without its required following item."}
}

func (t *itemTalk) item(a at) *refusal {
	kind := a.peek("type")
	if kind == "" && a.peek("role") != "" {
		kind = "message"
	}
	before := t.reasoning
	if kind != "reasoning" {
		t.reasoning = ""
	}
	instructs := a.peek("role") == "system" || a.peek("role") == "developer" // they may come after what was said
	if kind != "function_call_output" && kind != "custom_tool_call_output" && !instructs {
		t.h.said, t.h.results = "", nil
	}
	switch kind {
	case "message":
		return t.message(a, before)
	case "function_call", "custom_tool_call":
		return t.call(a, before)
	case "function_call_output", "custom_tool_call_output":
		if before != "" {
			return unfollowed(before)
		}
		return t.output(a)
	case "reasoning":
		return t.thought(a)
	case "additional_tools":
		return t.moreTools(a)
	case "":
		return missing(a.with("type"))
	default:
		known := []string{
			"web_search_call", "file_search_call", "computer_call", "computer_call_output", "image_generation_call", "code_interpreter_call",
			"local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output", "apply_patch_call", "apply_patch_call_output",
			"mcp_list_tools", "mcp_approval_request", "mcp_approval_response", "mcp_call", "compaction", "tool_search_call", "tool_search_output",
		}
		if !slices.Contains(known, kind) {
			return notOneOf(a.with("type"), kind, append([]string{"message", "function_call", "function_call_output", "reasoning"}, known...)...)
		}
		return nil
	}
}

func (t *itemTalk) message(a at, before string) *refusal {
	var m itemMessage
	if f := a.strictly(&m); f != nil {
		return openAIFlaw(f)
	}
	kinds := []string{"input_text", "input_image", "input_file", "input_audio"}
	switch m.Role {
	case "assistant":
		kinds = []string{"output_text", "refusal"}
	case "user", "system", "developer":
		if before != "" {
			return unfollowed(before)
		}
	default:
		return notOneOf(a.with("role"), m.Role, "assistant", "system", "developer", "user")
	}
	if no := checkItemID(a, m.ID, "msg"); no != nil {
		return no
	}
	text, no := t.content(a.in("content", m.Content), kinds)
	if no != nil {
		return no
	}
	switch m.Role {
	case "assistant":
		t.h.Roles, t.h.Assistant = append(t.h.Roles, "assistant"), append(t.h.Assistant, text)
		return t.reasoned(a, m.ID, "message", before)
	case "user":
		t.h.Roles, t.h.Texts, t.h.said = append(t.h.Roles, "user"), append(t.h.Texts, text), text
	default:
		t.h.System = append(t.h.System, text)
	}
	return nil
}

// checkItemID checks an id's form; what it refers to is another matter.
func checkItemID(a at, id *string, prefix string) *refusal {
	const most = 64
	switch {
	case id == nil:
		return nil
	case len(*id) > most:
		return tooLong(a.with("id"), most, len(*id))
	case !strings.HasPrefix(*id, prefix):
		return &refusal{
			status: http.StatusBadRequest, code: "invalid_value", param: brackets(a.with("id")),
			message: "Invalid '" + brackets(a.with("id")) + "': '" + *id + "'. Expected an ID that begins with '" + prefix + "'.",
		}
	}
	return nil
}

// reasoned refuses an item of the model's that was made after reasoning and
// comes back without it.
func (t *itemTalk) reasoned(a at, id *string, kind, before string) *refusal {
	if id == nil || before != "" {
		return nil
	}
	flags, own := t.signer.ownItem(*id)
	if own && strings.Contains(flags, "r") {
		return &refusal{
			status: http.StatusBadRequest, param: "input",
			message: "Item '" + *id + "' of type '" + kind + "' was provided without its required 'reasoning' item: '" + brackets(a.path) + "'.",
		}
	}
	return nil
}

func (t *itemTalk) call(a at, before string) *refusal {
	var c itemCall
	if f := a.strictly(&c); f != nil {
		return openAIFlaw(f)
	}
	prefix := map[string]string{"function_call": "fc", "custom_tool_call": "ctc"}[c.Type]
	if no := checkItemID(a, c.ID, prefix); no != nil {
		return no
	}
	switch {
	case c.Type == "function_call" && c.Arguments == nil:
		return missing(a.with("arguments"))
	case c.Type == "custom_tool_call" && c.Input == nil:
		return missing(a.with("input"))
	}
	if no := checkOpenAIName(a.with("name"), c.Name); no != nil {
		return no
	}
	if no := checkCallID(a, c.CallID); no != nil {
		return no
	}
	if slices.Contains(t.seen, c.CallID) {
		return invalid("Duplicate item found with call_id " + c.CallID + ". Remove duplicate items from your input and try again.")
	}
	t.seen, t.waiting = append(t.seen, c.CallID), append(t.waiting, c.CallID)
	t.h.Roles = append(t.h.Roles, "assistant")
	return t.reasoned(a, c.ID, c.Type, before)
}

func checkCallID(a at, id string) *refusal {
	const most = 64
	switch {
	case id == "":
		return missing(a.with("call_id"))
	case len(id) > most:
		return tooLong(a.with("call_id"), most, len(id))
	}
	return nil
}

func (t *itemTalk) output(a at) *refusal {
	var o itemOutput
	if f := a.strictly(&o); f != nil {
		return openAIFlaw(f)
	}
	if no := checkCallID(a, o.CallID); no != nil {
		return no
	}
	i := slices.Index(t.waiting, o.CallID)
	if i < 0 {
		return &refusal{status: http.StatusBadRequest, param: "input", message: "No tool call found for function call output with call_id " + o.CallID + "."}
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
	images := len(t.h.Images)
	text, no := t.content(a.in("output", o.Output), []string{"input_text", "input_image", "input_file"})
	if no != nil {
		return no
	}
	t.h.Roles = append(t.h.Roles, "tool")
	t.h.results = append(t.h.results, toolResult{text: text, images: len(t.h.Images) - images})
	return nil
}

func (t *itemTalk) thought(a at) *refusal {
	var r itemReasoning
	if f := a.strictly(&r); f != nil {
		return openAIFlaw(f)
	}
	if len(r.Summary) == 0 {
		return missing(a.with("summary"))
	}
	if no := checkItemID(a, r.ID, "rs"); no != nil {
		return no
	}
	id := ""
	if r.ID != nil {
		id = *r.ID
	}
	if r.EncryptedContent != nil {
		issuedFor, ok := t.signer.decrypt(*r.EncryptedContent)
		reason := "Encrypted content could not be decrypted or parsed."
		if ok && id != "" && id != issuedFor {
			ok, reason = false, "Encrypted content item_id did not match the target item id."
		}
		if !ok {
			shown := (*r.EncryptedContent)[:min(len(*r.EncryptedContent), 8)]
			return &refusal{
				status: http.StatusBadRequest, code: "invalid_encrypted_content",
				message: "The encrypted content " + shown + "... could not be verified. Reason: " + reason,
			}
		}
		id = issuedFor
		t.h.Proofs++
	} else if no := t.stored(id); no != nil {
		return no
	}
	t.reasoning = id
	return nil
}

// stored refuses an id that is not kept.
func (t *itemTalk) stored(id string) *refusal {
	flags, own := t.signer.ownItem(id)
	if own && strings.Contains(flags, "s") {
		return nil
	}
	hint := ""
	if own {
		hint = " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input."
	}
	return &refusal{status: http.StatusNotFound, param: "input", message: "Item with id '" + id + "' not found." + hint}
}

// content reads the text of a message or output and gathers its images.
func (t *itemTalk) content(a at, kinds []string) (string, *refusal) {
	if a.absent() {
		return "", missing(a.path)
	}
	if a.is('"') {
		s, f := a.text()
		if f != nil {
			return "", openAIFlaw(f)
		}
		return s, nil
	}
	parts, f := a.list()
	if f != nil {
		return "", openAIFlaw(f)
	}
	var texts []string
	for _, part := range parts {
		text, no := t.part(part, kinds)
		if no != nil {
			return "", no
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ""), nil
}

func (t *itemTalk) part(a at, kinds []string) (string, *refusal) {
	var p struct {
		Type        string         `json:"type"`
		Text        *string        `json:"text"`
		Refusal     *string        `json:"refusal"`
		ImageURL    *string        `json:"image_url"`
		FileID      *string        `json:"file_id"`
		FileData    *string        `json:"file_data"`
		FileURL     *string        `json:"file_url"`
		Filename    *string        `json:"filename"`
		Detail      *string        `json:"detail"`
		InputAudio  jsontext.Value `json:"input_audio"`
		Annotations jsontext.Value `json:"annotations"`
		Logprobs    jsontext.Value `json:"logprobs"`
		CacheBreak  jsontext.Value `json:"prompt_cache_breakpoint"`
	}
	if f := a.strictly(&p); f != nil {
		return "", openAIFlaw(f)
	}
	switch {
	case p.Type == "":
		return "", missing(a.with("type"))
	case !slices.Contains(kinds, p.Type):
		return "", notOneOf(a.with("type"), p.Type, kinds...)
	case p.Type == "input_text" || p.Type == "output_text":
		if p.Text == nil {
			return "", missing(a.with("text"))
		}
		return *p.Text, nil
	case p.Type == "input_image" && p.ImageURL != nil:
		image, no := openAIImage(a.with("image_url"), *p.ImageURL)
		t.h.Images = append(t.h.Images, image)
		return "", no
	case p.Type == "input_file" && p.FileData != nil:
		name := ""
		if p.Filename != nil {
			name = *p.Filename
		}
		document, no := openAIDocument(a.with("file_data"), a.path, *p.FileData, name)
		t.h.Images = append(t.h.Images, document)
		return "", no
	case p.Type == "input_image" && p.FileID == nil:
		return "", missing(a.with("image_url"))
	}
	return "", nil
}

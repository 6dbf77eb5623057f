package tokens

import "github.com/plexus-gateway/plexus/internal/llm"

// request adds a whole prompt.
func (m *meter) request(req *llm.Request) {
	m.tokens += m.family.frame.request
	// What the upstream remembers of earlier requests cannot be seen from here.
	m.inexact = m.family.frame.vague || req.PreviousResponseID != "" || req.Conversation != ""
	if r := req.Reasoning; r != nil && (r.Enabled == nil || *r.Enabled) {
		m.tokens += m.family.frame.thinking
	}
	if len(req.System) > 0 {
		m.tokens += m.family.frame.system
		m.blocks(req.System)
	}
	for i := range req.Messages {
		m.message(&req.Messages[i])
	}
	m.toolset(req.Tools)
	if f := req.Format; f != nil && len(f.Schema) > 0 && !m.family.tools.ignoreFormat {
		m.approximate(0)
		m.schema(f.Name, f.Description, f.Schema)
	}
}

func (m *meter) message(msg *llm.Message) {
	m.tokens += m.family.frame.message
	if msg.Name != "" {
		m.tokens += m.family.frame.name
		m.add(msg.Name)
	}
	m.blocks(msg.Blocks)
}

func (m *meter) blocks(blocks []llm.Block) {
	for _, b := range blocks {
		m.block(b)
	}
}

func (m *meter) block(b llm.Block) {
	switch b := b.(type) {
	case *llm.Text:
		m.add(b.Text)
	case *llm.Refusal:
		m.add(b.Text)
	case *llm.Reasoning:
		m.reasoning(b)
	case *llm.Media:
		m.media(b)
	case *llm.ToolCall:
		m.approximate(m.family.frame.call)
		m.add(b.Name)
		m.json(b.Input)
		m.native(b.Native)
	case *llm.ToolResult:
		m.approximate(m.family.frame.result)
		m.blocks(b.Blocks)
	case *llm.ServerToolResult:
		m.native(b.Native)
	case *llm.Opaque:
		m.native(&b.Native)
	}
}

// reasoning adds thinking of an earlier answer, as long as it may be: some
// vendors drop it from later prompts. A summary and a signature are not part
// of a prompt.
func (m *meter) reasoning(b *llm.Reasoning) {
	m.inexact = true
	if m.family.forgetful {
		return
	}
	m.add(b.Text)
	if b.Encrypted != nil {
		m.approximate(encryptedTokens(b.Encrypted.Data))
	}
}

// encryptedTokens estimates what an encrypted text holds from the length of
// its base64: about 650 bytes are envelope, four bytes a token.
func encryptedTokens(data string) int64 {
	return max(0, decodedLen(data)-650) / 4
}

// json adds raw JSON as the text it is.
func (m *meter) json(raw llm.Raw) {
	m.add(string(raw))
}

// native adds what only its protocol understands. Long runs of base64 in it,
// such as encrypted results, cost as text what they would cost at most.
func (m *meter) native(n *llm.Native) {
	if n != nil {
		m.inexact = true
		m.json(n.Raw)
	}
}

// textBytes returns how much text a prompt has at most, in bytes.
func textBytes(req *llm.Request) int64 {
	n := blocksBytes(req.System)
	for i := range req.Messages {
		n += blocksBytes(req.Messages[i].Blocks)
	}
	for i := range req.Tools {
		t := &req.Tools[i]
		n += int64(len(t.Description) + len(t.Schema))
		if t.Native != nil {
			n += int64(len(t.Native.Raw))
		}
		if t.Grammar != nil {
			n += int64(len(t.Grammar.Definition))
		}
	}
	if req.Format != nil {
		n += int64(len(req.Format.Schema))
	}
	return n
}

func blocksBytes(blocks []llm.Block) int64 {
	var n int64
	for _, b := range blocks {
		switch b := b.(type) {
		case *llm.Text:
			n += int64(len(b.Text))
		case *llm.Refusal:
			n += int64(len(b.Text))
		case *llm.Reasoning:
			n += int64(len(b.Text))
		case *llm.Media:
			n += int64(len(b.Text) + len(b.Context) + len(b.Transcript))
			if isText(b.MIME) {
				n += decodedLen(b.Data)
			}
		case *llm.ToolCall:
			n += int64(len(b.Input)) + nativeBytes(b.Native)
		case *llm.ToolResult:
			n += blocksBytes(b.Blocks)
		case *llm.ServerToolResult:
			n += nativeBytes(b.Native)
		case *llm.Opaque:
			n += int64(len(b.Native.Raw))
		}
	}
	return n
}

func nativeBytes(n *llm.Native) int64 {
	if n == nil {
		return 0
	}
	return int64(len(n.Raw))
}

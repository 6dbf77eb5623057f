package gemini_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

var genText = rapid.OneOf(rapid.Just(""), rapid.StringN(1, 12, -1), rapid.SampledFrom([]string{"é\n\"", "日本 \U0001F600", "<&>\u2028"}))

func genSignature() *rapid.Generator[*llm.Signature] {
	return rapid.SampledFrom([]*llm.Signature{nil, ownSig("S/+="), foreignSig()})
}

// genBlock draws any block, of this protocol or another.
func genBlock(role llm.Role) *rapid.Generator[llm.Block] {
	return rapid.Custom(func(t *rapid.T) llm.Block {
		native := &llm.Native{Protocol: rapid.SampledFrom([]llm.Protocol{llm.Gemini, llm.OpenAIResponses}).Draw(t, "protocol"), Raw: llm.Raw(`{"executableCode":{"code":"1","id":"x"}}`)}
		kinds := []string{"text", "text", "media", "reasoning", "refusal", "opaque"}
		switch role {
		case llm.RoleAssistant:
			kinds = append(kinds, "call", "call", "custom", "server")
		case llm.RoleTool:
			kinds = []string{"result"}
		}
		id := func() string { return rapid.SampledFrom([]string{"a", "b", "toolu_01", "c|d"}).Draw(t, "id") }
		switch rapid.SampledFrom(kinds).Draw(t, "kind") {
		case "media":
			return rapid.SampledFrom([]llm.Block{
				&llm.Media{Kind: llm.MediaImage, Data: "iVBORw0KGgo=", Detail: "high"},
				&llm.Media{Kind: llm.MediaImage, URL: "https://e.example/a.png"}, &llm.Media{Kind: llm.MediaImage, URL: "https://e.example/a"},
				&llm.Media{Kind: llm.MediaDocument, Text: "t"}, &llm.Media{Kind: llm.MediaDocument, FileID: "file_1"}, &llm.Media{Kind: llm.MediaAudio, Transcript: "x"},
			}).Draw(t, "media")
		case "reasoning":
			return &llm.Reasoning{Text: genText.Draw(t, "text"), Signature: genSignature().Draw(t, "sig")}
		case "refusal":
			return &llm.Refusal{Text: genText.Draw(t, "text")}
		case "opaque":
			return &llm.Opaque{Native: *native}
		case "call":
			input := rapid.SampledFrom([]string{"", "{}", `{"a":1.0}`, `{"a`, "[]"}).Draw(t, "input")
			return &llm.ToolCall{CallID: id(), Name: rapid.SampledFrom([]string{"f", "3 x", "a.b"}).Draw(t, "name"), Kind: llm.ToolFunction, Input: llm.Raw(input), Signature: genSignature().Draw(t, "sig")}
		case "custom":
			return &llm.ToolCall{CallID: id(), Name: "patch", Kind: llm.ToolCustom, Input: llm.Raw(genText.Draw(t, "input"))}
		case "server":
			return &llm.ToolCall{CallID: "x", Kind: llm.ToolServer, Native: native}
		case "result":
			return &llm.ToolResult{CallID: id(), Name: rapid.SampledFrom([]string{"", "f"}).Draw(t, "name"), IsError: rapid.Bool().Draw(t, "err"), Blocks: []llm.Block{text(genText.Draw(t, "text"))}}
		}
		return &llm.Text{Text: genText.Draw(t, "text"), Signature: genSignature().Draw(t, "sig")}
	})
}

var genMessages = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) llm.Message {
	role := rapid.SampledFrom([]llm.Role{llm.RoleSystem, llm.RoleDeveloper, llm.RoleUser, llm.RoleAssistant, llm.RoleTool}).Draw(t, "role")
	return llm.Message{Role: role, Blocks: rapid.SliceOfN(genBlock(role), 0, 4).Draw(t, "blocks")}
}), 1, 8)

// Whatever conversation comes from another protocol, what is sent is legal, is
// in normal form, and is read back as it was sent.
func TestAnyConversationBecomesLegal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &llm.Request{Messages: genMessages.Draw(t, "messages")}
		to := wire.Target{Model: rapid.SampledFrom([]string{"some-model", "gemini-2.5-pro", "gemini-3-pro"}).Draw(t, "model")}
		out, _, err := gemini.Codec{}.EncodeRequest(r, to)
		if refused := new(llm.Error); errors.As(err, &refused) {
			require.Equal(t, []any{llm.KindUnsupported, "nothing_left"}, []any{refused.Kind, refused.Code})
			return
		}
		require.NoError(t, err)
		require.NoError(t, wirejson.Check(out.Body), "%s", out.Body)
		require.NotZero(t, countElements(wirejson.Member(out.Body, "contents")))
		requireTurns(t, out.Body, to.Model == "gemini-3-pro")

		again, err := gemini.Codec{}.DecodeRequest(wire.Inbound{Body: out.Body})
		require.NoError(t, err)
		body, losses, err := gemini.Codec{}.EncodeRequest(again, to)
		require.NoError(t, err)
		require.Empty(t, losses)
		third, err := gemini.Codec{}.DecodeRequest(wire.Inbound{Body: body.Body})
		require.NoError(t, err)
		require.Equal(t, again, third)
	})
}

func countElements(v llm.Raw) int {
	n := 0
	for range wirejson.Elements(v) {
		n++
	}
	return n
}

// requireTurns checks what the API refuses: roles that do not alternate, empty
// contents, foreign signatures, and steps of the current exchange whose first
// call is unsigned.
func requireTurns(t tester, body []byte, signed bool) {
	t.Helper()
	last := ""
	var unsigned []string // since the last turn of the user that is no result
	for _, c := range wirejson.Elements(wirejson.Member(body, "contents")) {
		role, _ := wirejson.Text(wirejson.Member(c, "role"))
		require.Contains(t, []string{"user", "model"}, role)
		require.NotEqual(t, last, role)
		last = role
		parts := wirejson.Member(c, "parts")
		require.NotZero(t, countElements(parts))
		require.NotContains(t, string(parts), `"thoughtSignature":"F"`)
		if role == "user" && !strings.Contains(string(parts), `"functionResponse"`) {
			unsigned = nil
		}
		for _, p := range wirejson.Elements(parts) {
			if wirejson.Member(p, "functionCall") != nil {
				if wirejson.Member(p, "thoughtSignature") == nil {
					unsigned = append(unsigned, string(p))
				}
				break
			}
		}
	}
	if signed {
		require.Empty(t, unsigned)
	}
}

// Offsets of citations count code points, however the text is cut.
func TestCitationOffsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.StringN(1, 8, -1).Filter(utf8.ValidString), 1, 6).Draw(t, "pieces")
		whole := []rune(strings.Join(pieces, ""))
		from := rapid.IntRange(0, len(whole)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(whole)).Draw(t, "to")
		var chunks []string
		for _, p := range pieces {
			chunks = append(chunks, part(`{"text":`+string(wirejson.AppendText(nil, p))+`}`))
		}
		chunks = append(chunks, fmt.Sprintf(`{"candidates":[{"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"u"}}],"groundingSupports":[{"segment":{"startIndex":%d,"endIndex":%d},"groundingChunkIndices":[0]}]}}]}`,
			len(string(whole[:from])), len(string(whole[:to]))))
		var fold llm.Folder
		dec := gemini.Codec{}.EventDecoder(target)
		push(t, dec, &fold, chunks)
		r, err := fold.Response()
		require.NoError(t, err)
		cite := r.Choices[0].Blocks[0].(*llm.Text).Citations[0]
		require.Equal(t, int64(from), cite.Start)
		require.Equal(t, int64(to), cite.End)
	})
}

package tokens_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
)

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestPDF(t *testing.T) {
	page := "4 0 obj <</Type /Page /Parent 1 0 R>> endobj " + strings.Repeat("stream of the page ", 500)
	for _, tt := range []struct {
		name, pdf string
		pages     int64
	}{
		{"pages in the clear", "%PDF-1.7 1 0 obj <</Type /Pages /Count 3>> " + strings.Repeat(page, 3), 3},
		{"no spaces", "%PDF-1.7 <</Type/Pages/Count 9>>" + strings.Repeat("<</Type/Page/Parent 1 0 R>>", 2), 2},
		{"over a line end", "%PDF-1.7 <</Type\r\n/Page\n>> <</Type /PageLabel>>", 1},
		{"many", "%PDF-1.4 " + strings.Repeat(page, 120), 120},
		{"compressed, linearized", "%PDF-1.5 <</Linearized 1 /L 99 /N 12 /T 5>> " + strings.Repeat("x", 5000), 12},
		{"compressed, count in the clear", "%PDF-1.5 <</Type /Pages /Count 7>>", 7},
		{"compressed", "%PDF-1.5 " + strings.Repeat("x", 120_000), 3},
		{"empty", "%PDF", 1},
		{"a lie", "%PDF-1.5 /Count 999999 ", 10_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &llm.Media{Kind: llm.MediaDocument, MIME: "application/pdf", Data: encode(tt.pdf)}
			require.Equal(t, tt.pages*258, mediaTokens(m, "gemini-2.5-pro"))
			require.Equal(t, tt.pages*560, mediaTokens(m, "gemini-3-flash"))
			require.Equal(t, tt.pages*2100, mediaTokens(m, "claude-haiku-4-5"))
		})
	}
}

// A page object must be found wherever it falls between two reads.
func TestPDFAcrossBlocks(t *testing.T) {
	for pad := range 200 {
		pdf := "%PDF" + strings.Repeat(" ", 32<<10-100+pad) + "<</Type /Page >>" + strings.Repeat(" ", 40_000) + "<</Type /Page >>"
		m := &llm.Media{Kind: llm.MediaDocument, Data: encode(pdf)}
		require.EqualValues(t, 2*258, mediaTokens(m, "gemini-2.5-pro"), "pad %d", pad)
	}
}

func wav(rate uint32, seconds int, extra string) string {
	b := []byte("RIFF\xff\xff\xff\xffWAVE" + extra + "fmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = binary.LittleEndian.AppendUint32(b, rate/2)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = append(b, "\x02\x00\x10\x00data\xff\xff\xff\xff"...)
	return base64.StdEncoding.EncodeToString(append(b, make([]byte, int(rate)*seconds)...))
}

func mp3(head string, size int) string {
	return encode(head + strings.Repeat("\x00", size-len(head)))
}

func TestAudio(t *testing.T) {
	for _, tt := range []struct {
		name, data, mime string
		seconds          int64
	}{
		{"WAV", wav(32000, 7, ""), "audio/wav", 7},
		{"WAV behind a list", wav(32000, 7, "LIST\x03\x00\x00\x00abc\x00"), "", 7},
		{"MP3, 128 kbit/s", mp3("\xff\xfb\x90\x00", 160_000), "audio/mpeg", 10},
		{"MP3 behind a tag", mp3("ID3\x04\x00\x00\x00\x00\x00\x0a"+"0123456789"+"\xff\xfb\x90\x00", 160_020), "", 10},
		{"MP3, 64 kbit/s of MPEG 2", mp3("\xff\xf3\x80\x00", 80_000), "", 10},
		{"MP3, variable bit rate", mp3("\xff\xfb\x90\x00"+strings.Repeat("\x00", 32)+"Xing\x00\x00\x00\x01\x00\x00\x17\xf6", 5000), "", 160},
		{"MP3 without a bit rate", mp3("\xff\xfb\x00\x00", 16_000), "", 1},
		{"samples", encode(strings.Repeat("\x01", 96_000)), "audio/pcm", 2},
		{"anything else", encode(strings.Repeat("\x01", 48_000)), "audio/ogg", 3},
		{"not base64", "?", "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &llm.Media{Kind: llm.MediaAudio, MIME: tt.mime, Data: tt.data}
			if tt.name == "not base64" {
				require.EqualValues(t, 1, mediaTokens(m, "gemini-2.5-pro"))
				return
			}
			require.InDelta(t, tt.seconds*32, mediaTokens(m, "gemini-2.5-pro"), float64(tt.seconds))
			require.InDelta(t, tt.seconds*10, mediaTokens(m, "gpt-4o-audio-preview"), float64(tt.seconds))
		})
	}
	require.EqualValues(t, 60*32, mediaTokens(&llm.Media{Kind: llm.MediaAudio, URL: "https://example.com/a.mp3"}, "gemini-3-pro"))
	require.EqualValues(t, 2, mediaTokens(&llm.Media{Kind: llm.MediaAudio, FileID: "audio_1", Transcript: "hello there"}, "gpt-4o-audio-preview"))
}

func TestOtherMedia(t *testing.T) {
	for _, tt := range []struct {
		name  string
		media llm.Media
		model string
		want  int64
	}{
		{"film of a minute", llm.Media{Kind: llm.MediaVideo, URL: "https://example.com/a.mp4"}, "gemini-2.5-pro", 60 * 263},
		{"film by its length", llm.Media{Kind: llm.MediaVideo, Data: encode(strings.Repeat("x", 500_000))}, "gemini-3-pro", 2 * 102},
		{"document elsewhere", llm.Media{Kind: llm.MediaDocument, URL: "https://example.com/a.pdf"}, "gemini-2.5-pro", 10 * 258},
		{"document as text", llm.Media{Kind: llm.MediaDocument, Text: "hello there", Name: "a"}, "gpt-4o", 3},
		{"text file", llm.Media{Kind: llm.MediaDocument, MIME: "text/plain", Data: encode("hello there")}, "gpt-4o", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.InDelta(t, tt.want, mediaTokens(&tt.media, tt.model), 1)
		})
	}
}

func TestEveryBlockCounts(t *testing.T) {
	text := "some words that a model must read again"
	native := &llm.Native{Protocol: llm.OpenAIResponses, Raw: llm.Raw(fmt.Sprintf(`{"text":%q}`, text))}
	for _, b := range []llm.Block{
		&llm.Text{Text: text},
		&llm.Refusal{Text: text},
		&llm.Reasoning{Text: text},
		&llm.Reasoning{Encrypted: &llm.Signature{Data: strings.Repeat("A", 2000)}},
		&llm.Media{Kind: llm.MediaDocument, Context: text, Text: "x"},
		&llm.ToolCall{Name: "f", Input: llm.Raw(`{"a":"` + text + `"}`)},
		&llm.ToolCall{Kind: llm.ToolServer, Native: native},
		&llm.ToolResult{Blocks: []llm.Block{&llm.Text{Text: text}}},
		&llm.ServerToolResult{Native: native},
		&llm.Opaque{Native: *native},
	} {
		t.Run(fmt.Sprintf("%T", b), func(t *testing.T) {
			for _, model := range []string{"gpt-4o", "claude-opus-5", "gemini-3-pro"} {
				req := user("")
				req.Messages[0].Blocks = append(req.Messages[0].Blocks, b)
				system := user("")
				system.System = []llm.Block{b}
				require.Greater(t, estimate(req, model), estimate(user(""), model)+6)
				require.Greater(t, estimate(system, model), estimate(user(""), model)+6)
			}
		})
	}
}

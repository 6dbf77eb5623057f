package tokens_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/tokens"
)

// mediaTokens is what one medium adds to a prompt.
func mediaTokens(m *llm.Media, model string) int64 {
	c := tokens.New()
	req := user("")
	before := c.Estimate(req, model)
	req.Messages[0].Blocks = append(req.Messages[0].Blocks, m)
	return c.Estimate(req, model) - before
}

// pngHeader is the head of a PNG picture of a size, as base64.
func pngHeader(w, h uint32) string {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	b = binary.BigEndian.AppendUint32(b, w)
	b = binary.BigEndian.AppendUint32(b, h)
	return base64.StdEncoding.EncodeToString(append(b, 8, 6, 0, 0, 0))
}

func TestImageRules(t *testing.T) {
	for _, tt := range []struct {
		model, detail string
		w, h          uint32
		want          int64
	}{
		// OpenAI "Images and vision": the examples for tiles and patches.
		{"gpt-4o", "high", 1024, 1024, 765},
		{"gpt-4o", "high", 2048, 4096, 1105},
		{"gpt-4o", "low", 4096, 8192, 85},
		{"gpt-4o", "", 128, 64, 255}, // small pictures are not blown up (measured)
		{"gpt-4o-mini", "auto", 512, 512, 2833 + 5667},
		{"gpt-4.1", "auto", 512, 512, 255},
		{"gpt-5", "high", 1024, 1024, 70 + 4*140},
		{"gpt-5", "low", 1024, 1024, 70},
		{"o1", "high", 1024, 1024, 75 + 4*150},
		{"o3-2025-04-16", "low", 1, 1, 75},
		{"gpt-4.1-mini", "", 1024, 1024, 1659},      // 1024 × 1.62
		{"gpt-4.1-nano", "", 1800, 2400, 3572},      // 1452 × 2.46
		{"o4-mini", "high", 1800, 2400, 2498},       // 1452 × 1.72
		{"gpt-5-mini", "low", 1800, 2400, 1743},     // 1452 × 1.2
		{"gpt-5.4", "auto", 2560, 1440, 2931},       // high is the default
		{"gpt-5.4", "original", 2560, 1440, 4320},   // asked for
		{"gpt-5.4-mini", "auto", 1600, 1600, 1826},  // 39 × 39 of at most 1536
		{"computer-use-preview", "low", 99, 99, 65}, // tiles of its own

		// Measured: the public data set "image-token-cost", less the prompt's own tokens.
		{"gpt-5.5", "auto", 256, 256, 77},
		{"gpt-5.5", "auto", 1280, 720, 1104},
		{"gpt-5.5", "auto", 3840, 2160, 9792},
		{"gpt-5.5", "auto", 4032, 3024, 11868},
		{"gpt-6", "", 4032, 3024, 14364},
		{"gpt-6", "high", 1920, 1080, 2448},
		{"gpt-6", "high", 2560, 1440, 2931},
		{"gpt-6", "high", 4032, 3024, 2942},
		{"claude-haiku-4-5", "", 256, 256, 100},
		{"claude-haiku-4-5", "", 1024, 1024, 1369},
		{"claude-haiku-4-5", "", 1920, 1080, 1560},
		{"claude-haiku-4-5", "", 1500, 2000, 1564},
		{"claude-opus-5-5", "", 768, 768, 784},
		{"claude-opus-5-5", "", 1920, 1080, 2691},
		{"claude-opus-5-5", "", 2000, 1125, 2952},
		{"claude-opus-5-5", "", 2000, 1500, 3888},
		{"claude-opus-4-7", "", 3840, 2160, 4784},

		// Google "Understand and count tokens".
		{"gemini-2.5-flash", "", 384, 384, 258},
		{"gemini-2.5-flash", "", 385, 384, 258},
		{"gemini-2.5-flash", "", 1536, 769, 4 * 258},
		{"gemini-3-pro-preview", "", 4032, 3024, 1120},

		{"deepseek-chat", "", 640, 480, 384},
		{"claude-sonnet-4", "", 1, 100000, 56}, // a line
	} {
		t.Run(tt.model+" "+tt.detail, func(t *testing.T) {
			got := mediaTokens(&llm.Media{Kind: llm.MediaImage, Data: pngHeader(tt.w, tt.h), Detail: tt.detail}, tt.model)
			require.Equal(t, tt.want, got, "%d × %d", tt.w, tt.h)
		})
	}
}

// TestImageSizes: 1000 by 300 pixels are 2 tiles, an unknown size is taken as
// 1024 by 1024, which are 4.
func TestImageSizes(t *testing.T) {
	const known, unknown = 85 + 2*170, 85 + 4*170
	picture := image.NewGray(image.Rect(0, 0, 1000, 300))
	var jpg, gifs, pngs bytes.Buffer
	require.NoError(t, jpeg.Encode(&jpg, picture, nil))
	require.NoError(t, gif.Encode(&gifs, picture, nil))
	require.NoError(t, png.Encode(&pngs, picture))
	exif := append([]byte("\xff\xd8\xff\xe1\xff\xff"), make([]byte, 65533)...)
	exif = append(append(exif, 0xff), jpg.Bytes()[2:]...) // a fill byte
	encode := base64.StdEncoding.EncodeToString

	for _, tt := range []struct {
		name, data string
		want       int64
	}{
		{"PNG", encode(pngs.Bytes()), known},
		{"GIF", encode(gifs.Bytes()), known},
		{"JPEG", encode(jpg.Bytes()), known},
		{"JPEG behind metadata", encode(exif), known},
		{"JPEG, other alphabet, no padding", base64.RawURLEncoding.EncodeToString(jpg.Bytes()), known},
		{"lossy WebP", encode([]byte("RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\xe8\x03\x2c\x01")), known},
		{"lossless WebP", encode([]byte("RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f\xe7\xc3\x4a\x00\x00\x00\x00\x00\x00\x00")), known},
		{"extended WebP", encode([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x00\x00\x00\x00\x00\x00\x00\x00\xe7\x03\x00\x2b\x01\x00")), known},
		{"nothing", "", unknown},
		{"not base64", "!!!!", unknown},
		{"no picture", encode([]byte("hello, this is no picture at all")), unknown},
		{"cut short", encode(jpg.Bytes()[:20]), unknown},
		{"no frame", encode([]byte("\xff\xd8\xff\xd9 and then it ends")), unknown},
		{"no marker", encode([]byte("\xff\xd8 there is no marker")), unknown},
		{"segment without length", encode([]byte("\xff\xd8\xff\xe0\x00\x00 nothing")), unknown},
		{"empty picture", pngHeader(0, 10), unknown},
		{"immense picture", pngHeader(1<<31, 1<<31), unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, mediaTokens(&llm.Media{Kind: llm.MediaImage, Data: tt.data}, "gpt-4o"))
			require.Equal(t, tt.want, mediaTokens(&llm.Media{Kind: llm.MediaImage, URL: "data:image/x;base64," + tt.data}, "gpt-4o"))
		})
	}
	require.EqualValues(t, unknown, mediaTokens(&llm.Media{Kind: llm.MediaImage, URL: "https://example.com/a.png"}, "gpt-4o"))
	require.EqualValues(t, unknown, mediaTokens(&llm.Media{Kind: llm.MediaImage, FileID: "file-1"}, "gpt-4o"))
}

func FuzzMedia(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xc0\x00\x11\x08\x01\x2c\x03\xe8"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data"))
	f.Add([]byte("ID3\x04\x00\x00\x00\x00\x00\x02xx\xff\xfb\x90\x00"))
	f.Add([]byte("%PDF-1.4 /Type /Pages /Count 3 /Type/Page /Type /Page>>"))
	c := tokens.New()
	f.Fuzz(func(t *testing.T, data []byte) {
		text := base64.StdEncoding.EncodeToString(data)
		for _, kind := range []llm.MediaKind{llm.MediaImage, llm.MediaAudio, llm.MediaVideo, llm.MediaDocument} {
			req := user("")
			req.Messages[0].Blocks = []llm.Block{&llm.Media{Kind: kind, Data: text}}
			for _, model := range []string{"gpt-4o", "gpt-5-mini", "gpt-6", "claude-opus-5", "gemini-2.5-pro", "qwen3"} {
				require.Positive(t, c.Estimate(req, model))
			}
		}
	})
}

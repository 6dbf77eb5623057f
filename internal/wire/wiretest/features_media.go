package wiretest

import "github.com/plexus-gateway/plexus/internal/llm"

// asked is a message of the user with one part, in each spelling.
func asked(p llm.Protocol, part string) string {
	switch p {
	case responses:
		return `"input":[{"role":"user","content":[` + part + `]}]`
	case gemini:
		return `"contents":[{"role":"user","parts":[` + part + `]}]`
	default:
		return `"messages":[{"role":"user","content":[` + part + `]}]`
	}
}

// parts makes the spellings of a message with one part.
func parts(of native) native {
	out := native{}
	for p, part := range of {
		out[p] = asked(p, part)
	}
	return out
}

func image(m llm.Media) func(*llm.Request) { return media(llm.MediaImage, m) }

func document(m llm.Media) func(*llm.Request) { return media(llm.MediaDocument, m) }

func media(kind llm.MediaKind, m llm.Media) func(*llm.Request) {
	m.Kind = kind
	return asks(text("Look."), &m)
}

// shown makes the spellings of a message with a text and one part.
func shown(of native) native {
	look := native{
		chat: `{"type":"text","text":"Look."},`, responses: `{"type":"input_text","text":"Look."},`,
		anthropic: `{"type":"text","text":"Look."},`, gemini: `{"text":"Look."},`,
	}
	out := native{}
	for p, part := range of {
		out[p] = asked(p, look[p]+part)
	}
	return out
}

func mediaFeatures() []Feature {
	return append([]Feature{
		{
			Name: "image_base64", Title: "An image, inline",
			Ask: image(llm.Media{MIME: "image/png", Data: pngData}),
			Native: shown(native{
				chat:      `{"type":"image_url","image_url":{"url":"data:image/png;base64,` + pngData + `"}}`,
				responses: `{"type":"input_image","image_url":"data:image/png;base64,` + pngData + `"}`,
				anthropic: `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + pngData + `"}}`,
				gemini:    `{"inlineData":{"mimeType":"image/png","data":"` + pngData + `"}}`,
			}),
		},
		{
			Name: "image_url", Title: "An image by URL",
			Ask: image(llm.Media{MIME: "image/png", URL: "https://e.example/a.png"}),
			Native: shown(native{
				chat:      `{"type":"image_url","image_url":{"url":"https://e.example/a.png"}}`,
				responses: `{"type":"input_image","image_url":"https://e.example/a.png"}`,
				anthropic: `{"type":"image","source":{"type":"url","url":"https://e.example/a.png"}}`,
				gemini:    `{"fileData":{"mimeType":"image/png","fileUri":"https://e.example/a.png"}}`,
			}),
		},
		{
			Name: "image_file", Title: "An image by file id",
			Ask: image(llm.Media{FileID: "file_1"}),
			Native: shown(native{
				responses: `{"type":"input_image","file_id":"file_1"}`,
				anthropic: `{"type":"image","source":{"type":"file","file_id":"file_1"}}`,
			}),
		},
		{
			Name: "image_detail", Title: "An image's level of detail", Reasons: true,
			Ask: image(llm.Media{MIME: "image/png", Data: pngData, Detail: "low"}),
			Native: shown(native{
				chat:      `{"type":"image_url","image_url":{"url":"data:image/png;base64,` + pngData + `","detail":"low"}}`,
				responses: `{"type":"input_image","image_url":"data:image/png;base64,` + pngData + `","detail":"low"}`,
				gemini:    `{"inlineData":{"mimeType":"image/png","data":"` + pngData + `"},"mediaResolution":{"level":"MEDIA_RESOLUTION_LOW"}}`,
			}),
		},
		{
			Name: "audio_in", Title: "Sound as input",
			Ask: media(llm.MediaAudio, llm.Media{MIME: "audio/wav", Data: wavData}),
			Native: shown(native{
				chat:   `{"type":"input_audio","input_audio":{"data":"` + wavData + `","format":"wav"}}`,
				gemini: `{"inlineData":{"mimeType":"audio/wav","data":"` + wavData + `"}}`,
			}),
		},
		{
			Name: "video_in", Title: "Video as input",
			Ask: media(llm.MediaVideo, llm.Media{MIME: "video/mp4", Data: mp4Data}),
			Native: shown(native{
				chat:   `{"type":"video_url","video_url":{"url":"data:video/mp4;base64,` + mp4Data + `"}}`,
				gemini: `{"inlineData":{"mimeType":"video/mp4","data":"` + mp4Data + `"}}`,
			}),
		},
	}, documentFeatures()...)
}

func documentFeatures() []Feature {
	pdf := `{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"` + pdfData + `"}`
	return []Feature{
		{
			Name: "pdf_base64", Title: "A PDF, inline",
			Ask: document(llm.Media{MIME: "application/pdf", Data: pdfData, Name: "a.pdf"}),
			Native: shown(native{
				chat:      `{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,` + pdfData + `"}}`,
				responses: `{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,` + pdfData + `"}`,
				anthropic: pdf + `,"title":"a.pdf"}`,
				gemini:    `{"inlineData":{"mimeType":"application/pdf","data":"` + pdfData + `","displayName":"a.pdf"}}`,
			}),
		},
		{
			Name: "pdf_url", Title: "A PDF by URL",
			Ask: document(llm.Media{MIME: "application/pdf", URL: "https://e.example/a.pdf"}),
			Native: shown(native{
				responses: `{"type":"input_file","file_url":"https://e.example/a.pdf"}`,
				anthropic: `{"type":"document","source":{"type":"url","url":"https://e.example/a.pdf"}}`,
				gemini:    `{"fileData":{"mimeType":"application/pdf","fileUri":"https://e.example/a.pdf"}}`,
			}),
		},
		{
			Name: "pdf_file", Title: "A PDF by file id",
			Ask: document(llm.Media{FileID: "file_1"}),
			Native: shown(native{
				chat:      `{"type":"file","file":{"file_id":"file_1"}}`,
				responses: `{"type":"input_file","file_id":"file_1"}`,
				anthropic: `{"type":"document","source":{"type":"file","file_id":"file_1"}}`,
			}),
		},
		{
			Name: "file_uri", Title: "An uploaded file by its URI",
			Ask: document(llm.Media{MIME: "application/pdf", FileID: "files/abc"}),
			Native: shown(native{
				gemini: `{"fileData":{"mimeType":"application/pdf","fileUri":"files/abc"}}`,
			}),
		},
		{
			Name: "file_full_uri", Title: "An uploaded file by its full URI",
			Ask: document(llm.Media{MIME: "application/pdf", FileID: "https://generativelanguage.googleapis.com/v1beta/files/abc"}),
			Native: shown(native{
				gemini: `{"fileData":{"mimeType":"application/pdf","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}`,
			}),
		},
		{
			Name: "storage_uri", Title: "A file in a cloud's storage",
			Ask: document(llm.Media{MIME: "application/pdf", URL: "gs://b/a.pdf"}),
			Native: shown(native{
				gemini: `{"fileData":{"mimeType":"application/pdf","fileUri":"gs://b/a.pdf"}}`,
			}),
		},
		{
			Name: "text_document", Title: "A document of plain text",
			Ask: document(llm.Media{MIME: "text/plain", Text: "Once."}),
			Native: shown(native{
				anthropic: `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"Once."}}`,
			}),
		},
		{
			Name: "document_context", Title: "What a document is about",
			Ask: document(llm.Media{MIME: "application/pdf", Data: pdfData, Context: "A contract."}),
			Native: shown(native{
				anthropic: pdf + `,"context":"A contract."}`,
			}),
		},
		{
			Name: "document_citations", Title: "Citations of a document",
			Ask: document(llm.Media{MIME: "application/pdf", Data: pdfData, CitationsOn: new(true)}),
			Native: shown(native{
				anthropic: pdf + `,"citations":{"enabled":true}}`,
			}),
		},
	}
}

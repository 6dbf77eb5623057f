package mock

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/bench/load"
)

// protocol is how an upstream of one protocol answers. The frames around the
// stamp of a chunk are constant, so that a chunk costs the mock as little as a
// write.
type protocol struct {
	whole   string
	opening string
	// head and tail stand around the stamp of every chunk.
	head, tail string
	// closing ends a stream; said is the text of all chunks, spelled so that it
	// holds no stamp.
	closing func(said []byte) []string
}

// protocolOf returns the protocol that is spoken at the path.
func protocolOf(path string) *protocol {
	switch {
	case strings.HasSuffix(path, "/messages"):
		return &messages
	case strings.HasSuffix(path, "/responses"):
		return &responses
	case strings.Contains(path, ":streamGenerateContent"), strings.Contains(path, ":generateContent"):
		return &gemini
	default:
		return nil
	}
}

const words = `A gateway stands between those who ask and those who answer. It should be quick enough to forget, exact enough to trust ` +
	`and plain enough to read. This answer is as long as short answers are.`

func framed(name, data string) string { return "event: " + name + "\ndata: " + data + "\n\n" }

var messages = protocol{
	whole: `{"id":"msg_bench","type":"message","role":"assistant","model":"mock-json-0001","content":[{"type":"text","text":"` + words + `"}],` +
		`"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":26,"cache_creation_input_tokens":0,"cache_read_input_tokens":16,` +
		`"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":57,"service_tier":"standard"}}`,
	opening: framed("message_start", `{"type":"message_start","message":{"id":"msg_bench","type":"message","role":"assistant","model":"mock-long-0001","content":[],`+
		`"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":42,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1,"service_tier":"standard"}}}`) +
		framed("content_block_start", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`) + framed("ping", `{"type":"ping"}`),
	head: "event: content_block_delta\ndata: " + `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" ` + load.Stamp,
	tail: ` "}}` + "\n\n",
	closing: func([]byte) []string {
		return []string{
			framed("content_block_stop", `{"type":"content_block_stop","index":0}`),
			framed("message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":500}}`),
			framed("message_stop", `{"type":"message_stop"}`),
		}
	},
}

const responseStart = `{"id":"resp_bench","object":"response","created_at":1790000000,"model":"mock-long-0001","parallel_tool_calls":true,"tools":[],"status":"`

var responses = protocol{
	whole: `{"id":"resp_bench","object":"response","created_at":1790000000,"status":"completed","model":"mock-json-0001","parallel_tool_calls":true,"tools":[],` +
		`"output":[{"id":"msg_bench","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"text":"` + words + `"}]}],` +
		`"usage":{"input_tokens":42,"input_tokens_details":{"cached_tokens":16},"output_tokens":57,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":99}}`,
	opening: framed("response.created", `{"type":"response.created","sequence_number":0,"response":`+responseStart+`in_progress","output":[],"usage":null}}`) +
		framed("response.output_item.added", `{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_bench","type":"message","status":"in_progress","role":"assistant","content":[]}}`) +
		framed("response.content_part.added", `{"type":"response.content_part.added","sequence_number":2,"item_id":"msg_bench","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}}`),
	head: "event: response.output_text.delta\ndata: " +
		`{"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_bench","output_index":0,"content_index":0,"logprobs":[],"obfuscation":"aB3dE6","delta":" ` + load.Stamp,
	tail: ` "}` + "\n\n",
	closing: func(said []byte) []string {
		part := `{"type":"output_text","annotations":[],"logprobs":[],"text":"` + string(said) + `"}`
		item := `{"id":"msg_bench","type":"message","status":"completed","role":"assistant","content":[` + part + `]}`
		const place = `,"item_id":"msg_bench","output_index":0,"content_index":0,`
		return []string{
			framed("response.output_text.done", `{"type":"response.output_text.done","sequence_number":4`+place+`"logprobs":[],"text":"`+string(said)+`"}`),
			framed("response.content_part.done", `{"type":"response.content_part.done","sequence_number":5`+place+`"part":`+part+`}`),
			framed("response.output_item.done", `{"type":"response.output_item.done","sequence_number":6,"output_index":0,"item":`+item+`}`),
			framed("response.completed", `{"type":"response.completed","sequence_number":7,"response":`+responseStart+`completed","output":[`+item+`],`+
				`"usage":{"input_tokens":42,"input_tokens_details":{"cached_tokens":0},"output_tokens":500,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":542}}}`),
		}
	},
}

const geminiUsage = `"usageMetadata":{"promptTokenCount":42,"candidatesTokenCount":57,"totalTokenCount":99,"promptTokensDetails":[{"modality":"TEXT","tokenCount":42}]},` +
	`"modelVersion":"mock-long-0001","responseId":"bench"}`

var gemini = protocol{
	whole: `{"candidates":[{"content":{"parts":[{"text":"` + words + `"}],"role":"model"},"finishReason":"STOP","index":0}],` + geminiUsage,
	head:  `data: {"candidates":[{"content":{"parts":[{"text":" ` + load.Stamp,
	tail:  ` "}],"role":"model"},"index":0}],` + geminiUsage + "\r\n\r\n",
	closing: func([]byte) []string {
		return []string{`data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],` + geminiUsage + "\r\n\r\n"}
	},
}

// unstamped spells the sign behind a stamp's name so that a text which tells
// the chunks again is not taken for one: to JSON it is the same.
var unstamped = strings.ReplaceAll(load.Stamp, "=", `\u003d`)

// answer streams if the model or the path says so, and else answers whole.
func (p *protocol) answer(w http.ResponseWriter, r *http.Request, o Options, start []byte) error {
	asked := bytes.Contains(start, []byte(`-long"`)) || bytes.Contains(start, []byte(`-stream"`)) || strings.Contains(r.URL.Path, ":streamGenerateContent")
	if !asked {
		return whole(w, p.whole)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := events{w: w, rc: http.NewResponseController(w), head: p.head, tail: p.tail}
	if p.opening != "" {
		if err := out.write(p.opening); err != nil {
			return err
		}
	}
	var said []byte
	err := paced(r, o, func(now time.Time) error {
		said = append(append(append(said, ' '), unstamped...), strconv.FormatInt(now.UnixNano(), 10)...)
		said = append(said, ' ')
		return out.chunk(now)
	})
	if err != nil {
		return err
	}
	for _, frame := range p.closing(said) {
		if err := out.write(frame); err != nil {
			return err
		}
	}
	return nil
}

package openaicompletions

import (
	"strconv"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// toArray turns the four parallel lists of this protocol into the array of
// objects that all others have, and that a stream can be gathered into. The
// offsets stay as members.
func toArray(v llm.Raw) llm.Raw {
	tokens := elements(wirejson.Member(v, "tokens"))
	if len(tokens) == 0 {
		return nil
	}
	probs := elements(wirejson.Member(v, "token_logprobs"))
	tops := elements(wirejson.Member(v, "top_logprobs"))
	offsets := elements(wirejson.Member(v, "text_offset"))
	w := wirejson.Writer{B: []byte{'['}}
	for i, token := range tokens {
		w.Open('{')
		text, _ := wirejson.Text(token)
		w.Str("token", text)
		w.Raw("logprob", at(probs, i))
		w.Begin("top_logprobs", '[')
		for name, p := range wirejson.Members(at(tops, i)) {
			w.Open('{')
			w.Str("token", string(name))
			w.Raw("logprob", p)
			w.Close('}')
		}
		w.Close(']')
		if i < len(offsets) {
			w.Raw("text_offset", offsets[i])
		}
		w.Close('}')
	}
	w.Close(']')
	return w.B
}

func elements(v llm.Raw) []llm.Raw {
	var out []llm.Raw
	for _, e := range wirejson.Elements(v) {
		out = append(out, e)
	}
	return out
}

func at(list []llm.Raw, i int) llm.Raw {
	if i < len(list) {
		return list[i]
	}
	return llm.Raw("null")
}

// fromArray is the way back. offset is where the text begins in the whole; it
// returns where the text ends.
func fromArray(w *wirejson.Writer, v llm.Raw, offset int64) int64 {
	var probs, tops, offsets wirejson.Writer
	w.Begin("logprobs", '{')
	w.Begin("tokens", '[')
	for _, e := range wirejson.Elements(v) {
		token, _ := wirejson.Text(wirejson.Member(e, "token"))
		w.StrElem(token)
		probs.Elem(orNull(wirejson.Member(e, "logprob")))
		top := wirejson.Member(e, "top_logprobs")
		if first(top) == nil {
			tops.Elem(llm.Raw("null"))
		} else {
			tops.Open('{')
			for _, alt := range wirejson.Elements(top) {
				name, _ := wirejson.Text(wirejson.Member(alt, "token"))
				tops.Raw(name, orNull(wirejson.Member(alt, "logprob")))
			}
			tops.Close('}')
		}
		if own := wirejson.Member(e, "text_offset"); own != nil {
			offsets.Elem(own)
		} else {
			offsets.Elem(strconv.AppendInt(nil, offset, 10))
		}
		offset += int64(utf8.RuneCountInString(token))
	}
	w.Close(']')
	for _, list := range []struct {
		name string
		of   wirejson.Writer
	}{{"token_logprobs", probs}, {"top_logprobs", tops}, {"text_offset", offsets}} {
		w.Begin(list.name, '[')
		w.B = append(append(w.B, list.of.B...), ']')
	}
	w.Close('}')
	return offset
}

func orNull(v llm.Raw) llm.Raw {
	if len(v) == 0 {
		return llm.Raw("null")
	}
	return v
}

func first(v llm.Raw) llm.Raw {
	for _, e := range wirejson.Elements(v) {
		return e
	}
	return nil
}

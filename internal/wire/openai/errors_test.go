package openai_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
)

// TestEveryKindIsRenderedAndReadBack: all members are there, as the SDKs want
// them, and what was written is what is read.
func TestEveryKindIsRenderedAndReadBack(t *testing.T) {
	for _, kind := range llm.Kinds() {
		for _, code := range []string{"", "own_code"} {
			e := llm.Errorf(kind, code, "what \"went\" wrong <%s>\n\xff", kind)
			body := openai.EncodeError(e)
			var v map[string]map[string]any
			require.NoError(t, json.Unmarshal(body, &v))
			require.Len(t, v, 1)
			require.Len(t, v["error"], 4, "message, type, param and code, also when null")
			require.Nil(t, v["error"]["param"])
			require.NotEmpty(t, v["error"]["type"])

			up := openai.DecodeError(418, body)
			require.Equal(t, 418, up.Status)
			require.Equal(t, strings.ToValidUTF8(e.Message, "\uFFFD"), up.Message)
			require.Equal(t, v["error"]["type"], up.Type)
			if code != "" {
				require.Equal(t, code, up.Code)
			}
			event := string(openai.EncodeStreamError(e))
			require.Equal(t, "data: "+string(body)+"\n\n", event)
			require.NotContains(t, string(body), "\n", "one line, or the event would break")
		}
	}
	e := llm.Errorf(llm.KindInvalid, "", "m")
	e.Param = "messages[0]"
	require.Contains(t, string(openai.EncodeError(e)), `"param":"messages[0]","code":null`)
	require.Contains(t, string(openai.EncodeError(llm.Errorf(llm.KindRateLimit, "", "m"))), `"code":"rate_limit_exceeded"`)
}

func TestDecodeError(t *testing.T) {
	for _, tt := range []struct{ name, body, message, typ, code string }{
		{"whole", `{"error":{"message":"m","type":"t","param":"p","code":"c"}}`, "m", "t", "c"},
		{"number as code", `{"error":{"message":"m","code":429}}`, "m", "", "429"},
		{"nulls", `{"error":{"message":"m","type":null,"code":null}}`, "m", "", ""},
		{"a string", `{"error":"m"}`, "m", "", ""},
		{"a message beside", `{"message":"m","error":null}`, "m", "", ""},
		{"a detail", `{"detail":"m"}`, "m", "", ""},
		{"a list of details", `{"detail":[{"msg":"m"}]}`, "", "", ""},
		{"duplicates", `{"error":{"message":"a","message":"m"}}`, "m", "", ""},
		{"broken UTF-8", "{\"error\":{\"message\":\"m\xff\"}}", "m\uFFFD", "", ""},
		{"long", `{"error":{"message":"` + strings.Repeat("m", 5000) + `"}}`, strings.Repeat("m", 2048), "", ""},
		{"HTML", `<html>`, "", "", ""},
		{"empty", ``, "", "", ""},
		{"cut", `{"error":{"mess`, "", "", ""},
		{"array", `[{"error":{}}]`, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := &llm.UpstreamError{Status: 500, Message: tt.message, Type: tt.typ, Code: tt.code, Body: []byte(tt.body)}
			require.Equal(t, want, openai.DecodeError(500, []byte(tt.body)))
		})
	}
}

func TestIsError(t *testing.T) {
	for in, want := range map[string]bool{
		"": false, "null": false, "false": false, "true": false, "0": false, "[]": false, "{}": false, "{ }": false, `""`: false,
		`{"a":1}`: true, `"x"`: true,
	} {
		require.Equal(t, want, openai.IsError([]byte(in)), in)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		`"a"`: "a", `"\u0061\/"`: "a/", `""`: "", `"`: "", `"a`: "", `"a\"`: "", `"\u12"`: "", `"\x"`: "", `7`: "", ``: "", `{"a":"b"}`: "",
	} {
		require.Equal(t, want, openai.Text([]byte(in)), in)
	}
}

func TestModel(t *testing.T) {
	for body, want := range map[string]string{
		`{"model":"m"}`: "", `{}`: "missing_required_parameter", `{"model":null}`: "null", `{"model":[]}`: "an array", `{"model":{}}`: "an object",
		`{"model":true}`: "a boolean", `{"model":-1}`: "a number", `{"model":""}`: "empty",
	} {
		var d jsonspan.Doc
		require.NoError(t, d.Index([]byte(body)))
		m, err := openai.Model(&d)
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, "m", m)
			continue
		}
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, []any{llm.KindInvalid, "model"}, []any{e.Kind, e.Param})
		require.Contains(t, e.Code+e.Message, want)
	}
	require.Equal(t, "a string", openai.KindName(jsonspan.Value{Raw: []byte(`"x"`)}))
	require.Equal(t, "nothing", openai.KindName(jsonspan.Value{}))
}

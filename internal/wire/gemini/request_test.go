package gemini_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
)

// request wraps members of a request around one user content.
func request(members string) []byte {
	if members != "" {
		members = "," + members
	}
	return []byte(`{"contents":[{"role":"user","parts":[{"text":"hi"}]}]` + members + `}`)
}

func contents(list string) []byte { return []byte(`{"contents":[` + list + `]}`) }

func sampleNamed(t *testing.T, dir, name string) []byte {
	t.Helper()
	for _, s := range samples(t, dir) {
		if strings.HasPrefix(s.name, name) {
			return s.body
		}
	}
	t.Fatalf("no sample %s in %s", name, dir)
	return nil
}

func TestDecodeGenerationConfig(t *testing.T) {
	r := decodeRequest(t, sampleNamed(t, "requests", "02"))
	require.Equal(t, llm.Sampling{
		Temperature: new(0.7), TopP: new(0.95), TopK: new(int64(40)),
		PresencePenalty: new(0.5), FrequencyPenalty: new(-0.25), Seed: new(int64(7)),
		Logprobs: new(true), TopLogprobs: new(int64(5)),
	}, r.Sampling)
	require.Equal(t, int64(1024), *r.MaxTokens)
	require.Equal(t, int64(2), *r.N)
	require.Equal(t, []string{"END", "STOP"}, r.Stop)
	require.Equal(t, []string{"text", "image"}, r.Modalities)
	var names []string
	for _, m := range r.Ext {
		names = append(names, m.Name)
	}
	require.Equal(t, []string{
		"generationConfig.mediaResolution", "generationConfig.imageConfig",
		"generationConfig.enableEnhancedCivicAnswers", "generationConfig.audioTimestamp", "generationConfig.futureKnob",
	}, names)
	requireBytes(t, `{"a":[1,2.50]}`, string(r.Ext[4].Value), "numbers keep their spelling")
}

func TestDecodeSnakeCase(t *testing.T) {
	r := decodeRequest(t, sampleNamed(t, "requests", "03"))
	require.Equal(t, int64(256), *r.MaxTokens)
	require.Equal(t, int64(40), *r.Sampling.TopK)
	require.Empty(t, r.Stop)
	require.Equal(t, "be brief", r.System[0].(*llm.Text).Text)
	require.Equal(t, &llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "f", Kind: llm.ToolFunction}, r.ToolChoice)
	require.Equal(t, int64(1024), *r.Reasoning.Budget)
	require.True(t, *r.Reasoning.IncludeThoughts)
	require.Equal(t, "json_schema", r.Format.Type)
	image := r.Messages[0].Blocks[0].(*llm.Media)
	require.Equal(t, llm.MediaImage, image.Kind)
	require.Equal(t, "image/png", image.MIME)
	require.Equal(t, llm.MediaDocument, r.Messages[0].Blocks[1].(*llm.Media).Kind)
	requireBytes(t, `{"type":"object","properties":{},"additionalProperties":false}`, string(r.Tools[0].Schema))
}

func TestDecodeThinking(t *testing.T) {
	tests := []struct {
		name, config string
		want         llm.ReasoningConfig
	}{
		{"budget", `{"thinkingBudget":2048,"includeThoughts":true}`, llm.ReasoningConfig{Budget: new(int64(2048)), IncludeThoughts: new(true)}},
		{"dynamic", `{"thinkingBudget":-1}`, llm.ReasoningConfig{Adaptive: true, IncludeThoughts: new(false)}},
		{"off", `{"thinkingBudget":0}`, llm.ReasoningConfig{Enabled: new(false), Budget: new(int64(0)), IncludeThoughts: new(false)}},
		{"level", `{"thinkingLevel":"MINIMAL"}`, llm.ReasoningConfig{Effort: "minimal", IncludeThoughts: new(false)}},
		{"lower case level", `{"thinking_level":"low"}`, llm.ReasoningConfig{Effort: "low", IncludeThoughts: new(false)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := decodeRequest(t, request(`"generationConfig":{"thinkingConfig":`+tt.config+`}`))
			require.Equal(t, &tt.want, r.Reasoning)
		})
	}
}

func TestDecodeToolChoice(t *testing.T) {
	tests := []struct {
		name, config string
		want         *llm.ToolChoice
	}{
		{"auto", `{"mode":"AUTO"}`, &llm.ToolChoice{Mode: llm.ToolModeAuto}},
		{"any", `{"mode":"ANY"}`, &llm.ToolChoice{Mode: llm.ToolModeRequired}},
		{"one", `{"mode":"ANY","allowedFunctionNames":["a"]}`, &llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "a", Kind: llm.ToolFunction}},
		{
			"set", `{"mode":"ANY","allowedFunctionNames":["a","b"]}`,
			&llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"a", "b"}, AllowedRequired: true},
		},
		{"none", `{"mode":"NONE"}`, &llm.ToolChoice{Mode: llm.ToolModeNone}},
		{"validated set", `{"mode":"VALIDATED","allowedFunctionNames":["a"]}`, &llm.ToolChoice{Mode: llm.ToolModeAllowed, Allowed: []string{"a"}}},
		{
			"validated", `{"mode":"VALIDATED"}`,
			&llm.ToolChoice{Mode: llm.ToolModeAuto, Ext: llm.Ext{{Protocol: llm.Gemini, Name: "mode", Value: llm.Raw(`"VALIDATED"`)}}},
		},
		{"nothing said", `{}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := decodeRequest(t, request(`"toolConfig":{"functionCallingConfig":`+tt.config+`}`))
			require.Equal(t, tt.want, r.ToolChoice)
		})
	}
}

// LangChain drops the ids of calls, opencode also those of results: they are
// matched by name and order, and not sent on.
func TestDecodeCallsWithoutIDs(t *testing.T) {
	r := decodeRequest(t, sampleNamed(t, "requests", "09"))
	calls := r.Messages[1].Blocks
	results := r.Messages[2]
	require.Equal(t, llm.RoleTool, results.Role)
	id := func(i int) string { return calls[i].(*llm.ToolCall).CallID }
	result := func(i int) *llm.ToolResult { return results.Blocks[i].(*llm.ToolResult) }
	require.Equal(t, []string{"call_gmq_0", "call_gmq_1", "call_gmq_2"}, []string{id(0), id(1), id(2)})
	require.Equal(t, id(0), result(0).CallID)
	require.Equal(t, id(2), result(1).CallID, "by name")
	require.Equal(t, id(1), result(2).CallID, "the second of the name")
	require.Equal(t, "5", result(0).Blocks[0].(*llm.Text).Text)
	requireBytes(t, `{"sum":9}`, result(2).Blocks[0].(*llm.Text).Text)
	require.Empty(t, result(1).Blocks)
	require.Equal(t, "{}", string(calls[2].(*llm.ToolCall).Input), "absent arguments are {}")

	body, _ := encodeRequest(t, gemini.Codec{}, r, target)
	require.NotContains(t, body, "call_gmq_")
	require.Contains(t, body, `"response":{"result":5}`, "results go back in the client's shape")
}

func TestDecodeResultsFindTheirCalls(t *testing.T) {
	call := func(id, name string) string {
		return `{"functionCall":{"id":"` + id + `","name":"` + name + `","args":{}}}`
	}
	result := func(id, name string) string {
		return `{"functionResponse":{"id":"` + id + `","name":"` + name + `","response":{"output":"x"}}}`
	}
	tests := []struct {
		name            string
		calls, results  string
		wantID, wantFor string
	}{
		{"by id", call("a", "f") + "," + call("b", "f"), result("b", "f"), "b", "f"},
		{"by name when the id is missing", call("a", "f") + "," + call("b", "g"), result("", "g"), "b", "g"},
		{"by name when the id is another", call("a", "f"), result("zz", "f"), "a", "f"},
		{"where the id is given as the name", call("a", "f"), result("", "a"), "a", "f"},
		{"an orphan keeps its id", call("a", "f"), result("zz", "h"), "zz", "h"},
		{"an orphan without id gets one", call("a", "f"), result("", "h"), "call_gmq_0", "h"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := decodeRequest(t, contents(`{"parts":[{"text":"q"}]},{"role":"model","parts":[`+tt.calls+`]},{"role":"user","parts":[`+tt.results+`]}`))
			got := r.Messages[2].Blocks[0].(*llm.ToolResult)
			require.Equal(t, tt.wantID, got.CallID)
			require.Equal(t, tt.wantFor, got.Name)
		})
	}
}

func TestDecodeResultsOfTheLatestTurnFirst(t *testing.T) {
	r := decodeRequest(t, contents(`{"parts":[{"text":"q"}]},
		{"role":"model","parts":[{"functionCall":{"id":"old","name":"f"}}]},{"parts":[{"text":"never answered"}]},
		{"role":"model","parts":[{"functionCall":{"id":"new","name":"f"}}]},
		{"parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}}]}`))
	require.Equal(t, "new", r.Messages[4].Blocks[0].(*llm.ToolResult).CallID)
}

func TestDecodeFunctionResponseShapes(t *testing.T) {
	tests := []struct {
		name, response, text string
		isError              bool
	}{
		{"output", `{"output":"a\nb"}`, "a\nb", false},
		{"output that is no string", `{"output":{"a":1.0}}`, `{"a":1.0}`, false},
		{"result", `{"result":"r"}`, "r", false},
		{"error", `{"error":"no such file"}`, "no such file", true},
		{"error with detail", `{"error":"e","code":5}`, `{"error":"e","code":5}`, true},
		{"null error", `{"error":null,"output":"fine"}`, `{"error":null,"output":"fine"}`, false},
		{"name and content", `{"name":"f","content":"c"}`, "c", false},
		{"any object", `{"temp": 20}`, `{"temp": 20}`, false},
		{"empty", `{}`, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := decodeRequest(t, contents(`{"parts":[{"functionResponse":{"id":"i","name":"f","response":`+tt.response+`}}]}`))
			got := r.Messages[0].Blocks[0].(*llm.ToolResult)
			text := ""
			if len(got.Blocks) > 0 {
				text = got.Blocks[0].(*llm.Text).Text
			}
			require.Equal(t, tt.text, text)
			require.Equal(t, tt.isError, got.IsError)
			body, losses := encodeRequest(t, gemini.Codec{}, r, target)
			require.Empty(t, losses)
			require.Contains(t, body, `"response":`+tt.response)
		})
	}
}

func TestDecodeMergesAndOrdersTurns(t *testing.T) {
	r := decodeRequest(t, sampleNamed(t, "requests", "07"))
	roles := []llm.Role{}
	for _, m := range r.Messages {
		roles = append(roles, m.Role)
	}
	require.Equal(t, []llm.Role{llm.RoleUser, llm.RoleAssistant, llm.RoleTool}, roles)
	require.Len(t, r.Messages[0].Blocks, 2)
	require.Equal(t, "**Listing**\n\nI will look.", r.Messages[1].Blocks[0].(*llm.Reasoning).Text)
	call := r.Messages[1].Blocks[1].(*llm.ToolCall)
	require.Equal(t, &llm.Signature{Data: "EtQBCtEB+/9=", Origin: llm.Origin{Protocol: llm.Gemini}}, call.Signature)
	require.True(t, r.Messages[2].Blocks[1].(*llm.ToolResult).IsError)
}

// Text with a signature is text, and a signature that comes alone belongs to
// the text before it.
func TestDecodeSignatures(t *testing.T) {
	blocks := decodeRequest(t, sampleNamed(t, "requests", "19")).Messages[1].Blocks
	sigs := []string{}
	for _, b := range blocks {
		switch b := b.(type) {
		case *llm.Text:
			sigs = append(sigs, b.Text+"="+b.Signature.Data)
		case *llm.Media:
			sigs = append(sigs, "media="+b.Signature.Data)
		}
	}
	require.Equal(t, []string{"answer=one", "more=two", "media=three", "=four"}, sigs)
}

func TestDecodeRequestErrors(t *testing.T) {
	tests := []struct {
		name, body, param, says string
	}{
		{"not JSON", `{"contents":`, "", "not valid JSON"},
		{"not an object", `[]`, "", "must be an object"},
		{"no contents", `{}`, "contents", "at least one content"},
		{"empty contents", `{"contents":[]}`, "contents", "at least one content"},
		{"contents of another type", `{"contents":"hi"}`, "contents", "must be an array, not a string"},
		{"role", `{"contents":[{"role":"assistant","parts":[{"text":"x"}]}]}`, "contents[0].role", "must be user or model"},
		{"part", `{"contents":[{"parts":["x"]}]}`, "contents[0].parts[0]", "must be an object, not a string"},
		{"text", `{"contents":[{"parts":[{"text":1}]}]}`, "contents[0].parts[0].text", "must be a string, not a number"},
		{
			"two kinds of data", `{"contents":[{"parts":[{"text":"x","inlineData":{}}]}]}`,
			"contents[0].parts[0].inlineData", "stands beside text",
		},
		{"call without name", `{"contents":[{"parts":[{"functionCall":{}}]}]}`, "contents[0].parts[0].functionCall.name", "is required"},
		{
			"arguments", `{"contents":[{"parts":[{"functionCall":{"name":"f","args":"{}"}}]}]}`,
			"contents[0].parts[0].functionCall.args", "must be an object, not a string",
		},
		{"result without name", `{"contents":[{"parts":[{"functionResponse":{}}]}]}`, "contents[0].parts[0].functionResponse.name", "is required"},
		{
			"result", `{"contents":[{"parts":[{"functionResponse":{"name":"f","response":"x"}}]}]}`,
			"contents[0].parts[0].functionResponse.response", "must be an object",
		},
		{"media without type", `{"contents":[{"parts":[{"inlineData":{"data":"AAAA"}}]}]}`, "contents[0].parts[0].inlineData.mimeType", "is required"},
		{"media without data", `{"contents":[{"parts":[{"inlineData":{"mimeType":"a/b"}}]}]}`, "contents[0].parts[0].inlineData.data", "is required"},
		{"file without URI", `{"contents":[{"parts":[{"fileData":{}}]}]}`, "contents[0].parts[0].fileData.fileUri", "is required"},
		{"temperature", string(request(`"generationConfig":{"temperature":"hot"}`)), "generationConfig.temperature", "must be a number"},
		{"topK", string(request(`"generationConfig":{"topK":1.5}`)), "generationConfig.topK", "must be an integer, not 1.5"},
		{"bool", string(request(`"generationConfig":{"responseLogprobs":1}`)), "generationConfig.responseLogprobs", "must be true or false"},
		{"stop", string(request(`"generationConfig":{"stopSequences":["a",1]}`)), "generationConfig.stopSequences[1]", "must be a string"},
		{"level", string(request(`"generationConfig":{"thinkingConfig":{"thinkingLevel":"ULTRA"}}`)), "generationConfig.thinkingConfig.thinkingLevel", "MINIMAL, LOW, MEDIUM or HIGH"},
		{"budget", string(request(`"generationConfig":{"thinkingConfig":{"thinkingBudget":-2}}`)), "generationConfig.thinkingConfig.thinkingBudget", "must be -1"},
		{"both schemas", string(request(`"generationConfig":{"responseSchema":{},"responseJsonSchema":{}}`)), "generationConfig.responseJsonSchema", "give one of the two"},
		{"both spellings", string(request(`"generationConfig":{},"generation_config":{}`)), "generation_config", "is given twice"},
		{"mode", string(request(`"toolConfig":{"functionCallingConfig":{"mode":"auto"}}`)), "toolConfig.functionCallingConfig.mode", "must be AUTO"},
		{"tool", string(request(`"tools":[1]`)), "tools[0]", "must be an object"},
		{"declaration", string(request(`"tools":[{"functionDeclarations":[{}]}]`)), "tools[0].functionDeclarations[0].name", "is required"},
		{
			"both parameters", string(request(`"tools":[{"functionDeclarations":[{"name":"f","parameters":{},"parametersJsonSchema":{}}]}]`)),
			"tools[0].functionDeclarations[0].parametersJsonSchema", "cannot stand beside parameters",
		},
		{"labels", string(request(`"labels":{"a":1}`)), "labels.a", "must be a string"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := gemini.Codec{}.DecodeRequest(wire.Inbound{Body: []byte(tt.body), Model: "m"})
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, llm.KindInvalid, e.Kind)
			require.Equal(t, tt.param, e.Param)
			require.Contains(t, e.Message, tt.says)
		})
	}
}

func TestModelOfTheBodyIsSecond(t *testing.T) {
	body := request(`"model":"models/inner"`)
	r, err := gemini.Codec{}.DecodeRequest(wire.Inbound{Body: body})
	require.NoError(t, err)
	require.Equal(t, "inner", r.Model)
	r, err = gemini.Codec{}.DecodeRequest(wire.Inbound{Body: body, Model: "outer", Stream: true})
	require.NoError(t, err)
	require.Equal(t, "outer", r.Model)
	require.True(t, r.Stream)
}

func TestSchemasOfTheAPIBecomeJSONSchema(t *testing.T) {
	r := decodeRequest(t, sampleNamed(t, "requests", "12"))
	require.JSONEq(t, `{"type":"object","description":"A person","properties":{
		"name":{"type":"string"},
		"age":{"type":["integer","null"],"format":"int32"},
		"tags":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":5},
		"kind":{"type":"string","enum":["A","B"]},
		"num":{"type":"integer","enum":[1,2]},
		"either":{"anyOf":[{"type":"string"},{"type":"number"},{"type":"null"}]}
	},"required":["name"]}`, string(r.Format.Schema))
	upper := decodeRequest(t, sampleNamed(t, "requests", "14"))
	require.Contains(t, string(upper.Format.Schema), `"type":"object"`)
}

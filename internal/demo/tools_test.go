package demo_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

const (
	weather = `{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"unit":{"type":"string","enum":["c","f"]},"days":{"type":"integer"}},"required":["city","unit"]}}}`
	clockFn = `{"type":"function","function":{"name":"get_time"}}`
	userMsg = `{"role":"user","content":"weather in Oslo?"}`
)

func TestToolChoice(t *testing.T) {
	tests := []struct {
		name, options string
		want          []string // names called
	}{
		{"one tool", `"tools":[` + weather + `]`, []string{"get_weather"}},
		{"two tools in parallel", `"tools":[` + weather + `,` + clockFn + `]`, []string{"get_weather", "get_time"}},
		{"parallel off", `"parallel_tool_calls":false,"tools":[` + weather + `,` + clockFn + `]`, []string{"get_weather"}},
		{"auto", `"tool_choice":"auto","tools":[` + weather + `]`, []string{"get_weather"}},
		{"none", `"tool_choice":"none","tools":[` + weather + `]`, nil},
		{"required", `"tool_choice":"required","tools":[` + weather + `]`, []string{"get_weather"}},
		{"named", `"tool_choice":{"type":"function","function":{"name":"get_time"}},"tools":[` + weather + `,` + clockFn + `]`, []string{"get_time"}},
		{"no tools", `"tools":[]`, nil},
	}
	for _, model := range []string{"demo-chat", "demo-tools"} {
		for _, tt := range tests {
			t.Run(model+"/"+tt.name, func(t *testing.T) {
				body := fmt.Sprintf(`{"model":%q,"messages":[%s],%s}`, model, userMsg, tt.options)
				got := complete(t, body).Choices[0]
				streamed := fold(t, chat(t, strings.Replace(body, "{", `{"stream":true,`, 1)).Body.Bytes())
				var names []string
				for i, c := range got.Message.ToolCalls {
					names = append(names, c.Function.Name)
					require.Equal(t, "function", c.Type)
					require.NotEmpty(t, c.ID)
					require.Equal(t, c.ID, streamed.calls[i].ID)
					require.Equal(t, c.Function, streamed.calls[i].Function, "streaming gives the same call")
				}
				require.Equal(t, tt.want, names)
				require.Len(t, streamed.calls, len(names))
				if tt.want == nil {
					require.Equal(t, "stop", got.FinishReason)
					require.NotEmpty(t, *got.Message.Content)
					return
				}
				require.Equal(t, "tool_calls", got.FinishReason)
				require.Equal(t, "tool_calls", streamed.finish[0])
				require.Nil(t, got.Message.Content)
			})
		}
	}
}

func TestToolRound(t *testing.T) {
	const call = `{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{}"}}]}`
	const result = `{"role":"tool","tool_call_id":"call_1","content":"12 degrees"}`
	answered := complete(t, `{"model":"demo-tools","tools":[`+weather+`],"messages":[`+userMsg+`,`+call+`,`+result+`]}`).Choices[0]
	require.Contains(t, *answered.Message.Content, "12 degrees")
	require.Empty(t, answered.Message.ToolCalls)

	again := complete(t, `{"model":"demo-tools","tools":[`+weather+`],"messages":[`+userMsg+`,`+call+`,`+result+`,{"role":"assistant","content":"It is 12."},`+userMsg+`]}`).Choices[0]
	require.Len(t, again.Message.ToolCalls, 1, "a new question may call again")
}

// TestArgumentsSatisfySchema checks generated arguments with an independent
// validator.
func TestArgumentsSatisfySchema(t *testing.T) {
	tests := []struct{ name, schema string }{
		{"all types", `{"type":"object","properties":{"s":{"type":"string"},"i":{"type":"integer"},"n":{"type":"number"},"b":{"type":"boolean"},"z":{"type":"null"},"a":{"type":"array","items":{"type":"string"}},"o":{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"]}},"required":["s","i","n","b","z","a","o"],"additionalProperties":false}`},
		{"enum, const, default", `{"type":"object","properties":{"e":{"enum":["x","y"]},"c":{"const":42},"d":{"type":"string","default":"dd"}},"required":["e","c","d"]}`},
		{"nullable", `{"type":"object","properties":{"e":{"type":["null","integer"]}},"required":["e"]}`},
		{"bounds", `{"type":"object","properties":{"i":{"type":"integer","minimum":10,"maximum":20},"n":{"type":"number","exclusiveMinimum":5},"m":{"type":"integer","multipleOf":7},"neg":{"type":"integer","maximum":-3},"s":{"type":"string","minLength":20},"t":{"type":"string","maxLength":3},"a":{"type":"array","minItems":3,"items":{"type":"boolean"}}},"required":["i","n","m","neg","s","t","a"]}`},
		{"refs", `{"type":"object","properties":{"p":{"$ref":"#/$defs/point"}},"required":["p"],"$defs":{"point":{"type":"object","properties":{"x":{"type":"number"},"y":{"$ref":"#/$defs/num"}},"required":["x","y"]},"num":{"type":"number","minimum":3}}}`},
		{"anyOf and allOf", `{"type":"object","properties":{"v":{"anyOf":[{"type":"integer"},{"type":"string"}]},"w":{"allOf":[{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}]}},"required":["v","w"]}`},
		{"formats", `{"type":"object","properties":{"d":{"type":"string","format":"date"},"t":{"type":"string","format":"date-time"},"e":{"type":"string","format":"email"},"u":{"type":"string","format":"uri"},"i":{"type":"string","format":"uuid"}},"required":["d","t","e","u","i"]}`},
		{"no types", `{"properties":{"a":{"items":{"type":"integer"}},"x":{}},"required":["a","x"]}`},
		{"empty", `{}`},
		{"names to quote", `{"type":"object","properties":{"a\"b":{"type":"string"}},"required":["a\"b"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := complete(t, `{"model":"demo-tools","messages":[`+userMsg+`],"tools":[{"type":"function","function":{"name":"f","parameters":`+tt.schema+`}}]}`)
			args := got.Choices[0].Message.ToolCalls[0].Function.Arguments

			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(tt.schema))
			require.NoError(t, err)
			c := jsonschema.NewCompiler()
			c.AssertFormat()
			require.NoError(t, c.AddResource("mem:///schema.json", doc))
			schema, err := c.Compile("mem:///schema.json")
			require.NoError(t, err)
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(args))
			require.NoError(t, err, args)
			require.NoError(t, schema.Validate(value), args)
		})
	}
}

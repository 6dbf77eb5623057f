package wiretest

import "github.com/plexus-gateway/plexus/internal/llm"

func config(members string) string { return `"generationConfig":{` + members + `}` }

func formatFeatures() []Feature {
	return []Feature{
		{
			Name: "json_object", Title: "Some JSON",
			Ask: func(r *llm.Request) { r.Format = &llm.Format{Type: "json_object"} },
			Native: native{
				chat: `"response_format":{"type":"json_object"}`, responses: `"text":{"format":{"type":"json_object"}}`,
				gemini: config(`"responseMimeType":"application/json"`),
			},
		},
		{
			Name: "json_schema", Own: true, Title: "JSON by a schema",
			Ask: func(r *llm.Request) {
				r.Format = &llm.Format{Type: "json_schema", Name: "answer", Schema: llm.Raw(schema), Strict: new(true)}
			},
			Native: native{
				chat:      `"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":` + schema + `,"strict":true}}`,
				responses: `"text":{"format":{"type":"json_schema","name":"answer","schema":` + schema + `,"strict":true}}`,
				anthropic: `"output_config":{"format":{"type":"json_schema","schema":` + schema + `}}`,
				gemini:    config(`"responseMimeType":"application/json","responseJsonSchema":` + schema),
			},
		},
		{
			Name: "json_schema_described", Title: "A schema with a description",
			Ask: func(r *llm.Request) {
				r.Format = &llm.Format{Type: "json_schema", Name: "answer", Description: "The answer.", Schema: llm.Raw(schema), Strict: new(true)}
			},
			Native: native{
				chat:      `"response_format":{"type":"json_schema","json_schema":{"name":"answer","description":"The answer.","schema":` + schema + `,"strict":true}}`,
				responses: `"text":{"format":{"type":"json_schema","name":"answer","description":"The answer.","schema":` + schema + `,"strict":true}}`,
			},
		},
		{
			Name: "json_schema_loose", Title: "A schema that need not be kept",
			Ask: func(r *llm.Request) {
				r.Format = &llm.Format{Type: "json_schema", Name: "answer", Schema: llm.Raw(schema), Strict: new(false)}
			},
			Native: native{
				chat:      `"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":` + schema + `,"strict":false}}`,
				responses: `"text":{"format":{"type":"json_schema","name":"answer","schema":` + schema + `,"strict":false}}`,
			},
		},
		{
			Name: "verbosity", Title: "Verbosity",
			Ask:    func(r *llm.Request) { r.Verbosity = "low" },
			Native: native{chat: `"verbosity":"low"`, responses: `"text":{"verbosity":"low"}`},
		},
		{
			Name: "image_out", Title: "Images as output",
			Ask:    func(r *llm.Request) { r.Modalities = []string{"text", "image"} },
			Native: native{chat: `"modalities":["text","image"]`, gemini: config(`"responseModalities":["TEXT","IMAGE"]`)},
		},
		{
			Name: "audio_out", Title: "Sound as output",
			Ask: func(r *llm.Request) { r.Modalities = []string{"audio"} },
			Native: native{
				chat: `"modalities":["audio"]`, gemini: config(`"responseModalities":["AUDIO"]`),
			},
		},
		{
			Name: "audio_voice", Own: true, Title: "The voice of the output",
			Ask: func(r *llm.Request) { r.AudioOut = &llm.AudioOut{Voice: llm.Raw(`"Kore"`)} },
			Native: native{
				chat:   `"audio":{"voice":"Kore","format":"wav"}`,
				gemini: config(`"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}`),
			},
		},
	}
}

func samplingFeatures() []Feature {
	sets := func(set func(s *llm.Sampling)) func(*llm.Request) {
		return func(r *llm.Request) { set(&r.Sampling) }
	}
	return []Feature{
		{
			Name: "temperature", Title: "Temperature", Ask: sets(func(s *llm.Sampling) { s.Temperature = new(0.5) }),
			Native: native{
				chat: `"temperature":0.5`, responses: `"temperature":0.5`, anthropic: `"temperature":0.5`,
				gemini: config(`"temperature":0.5`), completions: `"temperature":0.5`,
			},
		},
		{
			Name: "temperature_high", Title: "Temperature above 1", Ask: sets(func(s *llm.Sampling) { s.Temperature = new(1.5) }),
			Native: native{
				chat: `"temperature":1.5`, responses: `"temperature":1.5`, gemini: config(`"temperature":1.5`), completions: `"temperature":1.5`,
			},
		},
		{
			Name: "top_p", Title: "Top P", Ask: sets(func(s *llm.Sampling) { s.TopP = new(0.9) }),
			Native: native{
				chat: `"top_p":0.9`, responses: `"top_p":0.9`, anthropic: `"top_p":0.9`, gemini: config(`"topP":0.9`), completions: `"top_p":0.9`,
			},
		},
		{
			Name: "top_k", Title: "Top K", Ask: sets(func(s *llm.Sampling) { s.TopK = new(int64(40)) }),
			Native: native{chat: `"top_k":40`, anthropic: `"top_k":40`, gemini: config(`"topK":40`), completions: `"top_k":40`},
		},
		{
			Name: "min_p", Title: "Min P", Ask: sets(func(s *llm.Sampling) { s.MinP = new(0.1) }),
			Native: native{chat: `"min_p":0.1`, completions: `"min_p":0.1`},
		},
		{
			Name: "frequency_penalty", Title: "Frequency penalty", Ask: sets(func(s *llm.Sampling) { s.FrequencyPenalty = new(0.5) }),
			Native: native{
				chat: `"frequency_penalty":0.5`, responses: `"frequency_penalty":0.5`, gemini: config(`"frequencyPenalty":0.5`), completions: `"frequency_penalty":0.5`,
			},
		},
		{
			Name: "presence_penalty", Title: "Presence penalty", Ask: sets(func(s *llm.Sampling) { s.PresencePenalty = new(0.5) }),
			Native: native{
				chat: `"presence_penalty":0.5`, responses: `"presence_penalty":0.5`, gemini: config(`"presencePenalty":0.5`), completions: `"presence_penalty":0.5`,
			},
		},
		{
			Name: "seed", Title: "Seed", Ask: sets(func(s *llm.Sampling) { s.Seed = new(int64(7)) }),
			Native: native{chat: `"seed":7`, gemini: config(`"seed":7`), completions: `"seed":7`},
		},
		{
			Name: "logit_bias", Title: "Logit bias", Ask: sets(func(s *llm.Sampling) { s.LogitBias = llm.Raw(`{"50256":-100}`) }),
			Native: native{chat: `"logit_bias":{"50256":-100}`, completions: `"logit_bias":{"50256":-100}`},
		},
		{
			Name: "logprobs", Title: "Log probabilities", Ask: sets(func(s *llm.Sampling) { s.Logprobs, s.TopLogprobs = new(true), new(int64(3)) }),
			Native: native{
				chat: `"logprobs":true,"top_logprobs":3`, responses: `"include":["message.output_text.logprobs"],"top_logprobs":3`,
				gemini: config(`"responseLogprobs":true,"logprobs":3`), completions: `"logprobs":3`,
			},
		},
		{
			Name: "choices", Title: "Several answers", Ask: func(r *llm.Request) { r.N = new(int64(2)) },
			Native: native{chat: `"n":2`, gemini: config(`"candidateCount":2`), completions: `"n":2`},
		},
		{
			Name: "stop", Title: "Stop sequences", Ask: func(r *llm.Request) { r.Stop = []string{"END", "STOP"} },
			Native: native{
				chat: `"stop":["END","STOP"]`, anthropic: `"stop_sequences":["END","STOP"]`,
				gemini: config(`"stopSequences":["END","STOP"]`), completions: `"stop":["END","STOP"]`,
			},
		},
		{
			Name: "stop_many", Title: "More than five stop sequences", Ask: func(r *llm.Request) { r.Stop = []string{"a", "b", "c", "d", "e", "f"} },
			Native: native{anthropic: `"stop_sequences":["a","b","c","d","e","f"]`},
		},
		{
			Name: "no_bound", Title: "No bound on the output", Ask: func(r *llm.Request) { r.MaxTokens = nil },
			Native: native{
				chat: `"max_tokens":null`, responses: `"max_output_tokens":null`, gemini: config(`"maxOutputTokens":null`), completions: `"max_tokens":null`,
			},
		},
		{
			Name: "small_bound", Title: "A bound of a few tokens", Ask: func(r *llm.Request) { r.MaxTokens = new(int64(5)) },
			Native: native{
				chat: `"max_tokens":5`, anthropic: `"max_tokens":5`, gemini: config(`"maxOutputTokens":5`), completions: `"max_tokens":5`,
			},
		},
	}
}

// Package demo is the scripted demo vendor: an http.Handler that speaks the
// OpenAI chat completions, embeddings and models API under /v1, answers
// without any outside account, and misbehaves on request, by the name of the
// model:
//
//	demo-chat             answers, calls an offered tool, streams word by word
//	demo-tools            the same; the name to use when tools are the point
//	demo-slow             one word per 250 ms
//	demo-embed            embeddings: deterministic unit vectors
//	demo-fail             500
//	demo-fail-NNN         that status, 400 to 599, with a fitting body
//	demo-ratelimit        429 with Retry-After: 7
//	demo-stall            accepts and never answers
//	demo-stall-stream     stalls after three chunks
//	demo-error-in-stream  200, then an error event
//
// Its answers follow from the request alone; only "created" comes from the
// clock.
package demo

// Package gemini is the codec of the Gemini API (generateContent and
// streamGenerateContent of generativelanguage.googleapis.com/v1beta and of
// Vertex AI), as its server and as its client.
//
// Names and rules come from the API reference (ai.google.dev/api/generate-content)
// and the field list of google.golang.org/genai. The API is protocol buffers in
// JSON: camelCase and snake_case spellings of a name are the same field, null
// is absent, and 64-bit integers may come as strings.
//
// A request is brought into a normal form when it is decoded, and the encoder
// produces that form, so decode(encode(decode(x))) equals decode(x):
//
//   - Adjacent contents of one role are one turn; empty text parts go, unless
//     they carry a signature or are all there is.
//   - Of a user turn the function responses come first, as a message of
//     RoleTool; the other parts follow as a message of RoleUser.
//   - Function calls without id get one derived from their position
//     ("call_gmq_0"); such ids are not sent to an upstream. Responses without
//     id are matched by name and order.
//
// What only this protocol knows rides in Ext. Members of nested objects that
// have no canonical counterpart carry dotted names in Request.Ext
// ("generationConfig.imageConfig", "toolConfig.retrievalConfig").
package gemini

// Package conversation keeps the state that clients of the Responses API leave
// with the server: responses they continue with previous_response_id, items
// they refer to by id, and conversations. Whatever upstream answered, the state
// lives here, so a chain may move from one vendor to another.
//
// The relay calls Resolve before it plans a request and Keep before the client
// sees the end of the answer; the other methods are the endpoints that read and
// delete. Nothing here speaks HTTP: bodies go in and out as JSON, errors are
// *llm.Error.
//
// Every object belongs to a tenant. An id of another tenant is answered exactly
// as one that never was.
//
// Source of the rules: OpenAI's API reference, "Responses" and "Conversations"
// (developers.openai.com/api/reference).
package conversation

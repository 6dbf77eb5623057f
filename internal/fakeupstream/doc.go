// Package fakeupstream is a vendor's double for tests: an http.Handler that
// captures every request and answers by script, or as an OpenAI-compatible
// upstream where the script says nothing. Replies are http.Handlers, so faults
// are wrapped around any of them:
//
//	fake := fakeupstream.Start(t)
//	fake.Script(fakeupstream.ResetAfter(120, fakeupstream.SSE(frames...)))
//
// Four handlers act like real providers and refuse what those refuse:
// StrictOpenAIChat, StrictResponses, StrictAnthropic and StrictGemini. They
// answer by a directive in the user's last text, whatever protocol it came by:
//
//	[[say:TEXT]] [[split]] [[big]] [[empty]] [[long]] [[stop]] [[json]] [[cached]] [[echo]]
//	[[call:TOOL]] [[call:TOOL ARGUMENTS]] [[say+call]] [[parallel]] [[empty-args]] [[split+call]] [[big+call]]
//	[[think]] [[think+call]] [[think+call:TOOL ARGUMENTS]]
//	[[refuse]] [[block]] [[too-long]] [[error:STATUS]] [[hidden]] [[midstream]] [[stall]]
//
// [[echo]] answers with a Digest of what was received; results of tools are
// quoted, unless the last of them holds a directive. Proofs of thinking are good for the mock that issued them and for the
// thinking they were issued for.
//
// Time never decides what it does: pauses end when a channel says so.
package fakeupstream

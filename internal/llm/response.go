package llm

// Response is one complete answer.
type Response struct {
	ID      string
	Model   string // as the upstream names it
	Created int64  // Unix seconds; 0 when not given
	Choices []Choice
	Usage   *Usage // nil when the upstream did not say

	ServiceTier       string
	SystemFingerprint string
	Ext               Ext
}

// Choice is one alternative answer; most responses have one.
type Choice struct {
	Index     int
	Blocks    []Block
	Finish    Finish
	FinishRaw string // the upstream's own word
	// StopSequence is the one that ended the answer, where told.
	StopSequence string
	// Explanation is what the upstream says about a refusal or filter, verbatim.
	Explanation string
	Ext         Ext
}

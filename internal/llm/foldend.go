package llm

// mergeEnd completes dst by what a block's stop tells: contents fill what the
// deltas left empty, every other field that is set replaces. It reports
// whether the two are of one type. end is owned by dst afterwards.
func mergeEnd(dst, end Block) bool {
	if !mergeEndFields(dst, end) {
		return false
	}
	mergeAttrs(dst.Common(), end.Common())
	return true
}

func mergeEndFields(dst, end Block) bool {
	switch d := dst.(type) {
	case *Text:
		e, ok := end.(*Text)
		if ok {
			mergeText(d, e)
		}
		return ok
	case *Reasoning:
		e, ok := end.(*Reasoning)
		if ok {
			mergeReasoning(d, e)
		}
		return ok
	case *Media:
		e, ok := end.(*Media)
		if ok {
			mergeMedia(d, e)
		}
		return ok
	case *ToolCall:
		e, ok := end.(*ToolCall)
		if ok {
			mergeToolCall(d, e)
		}
		return ok
	case *Refusal:
		e, ok := end.(*Refusal)
		if ok {
			fill(&d.Text, e.Text)
		}
		return ok
	case *ToolResult:
		e, ok := end.(*ToolResult)
		if ok {
			replace(&d.CallID, e.CallID)
			replace(&d.Name, e.Name)
			replaceSlice(&d.Blocks, e.Blocks)
			d.IsError = d.IsError || e.IsError
		}
		return ok
	case *ServerToolResult:
		e, ok := end.(*ServerToolResult)
		if ok {
			replace(&d.CallID, e.CallID)
			replace(&d.Name, e.Name)
			replace(&d.Native, e.Native)
		}
		return ok
	case *Opaque:
		e, ok := end.(*Opaque)
		if ok && e.Native.Raw != nil {
			replace(&d.Type, e.Type)
			d.Native = e.Native
		}
		return ok
	}
	return false
}

func mergeText(d, e *Text) {
	fill(&d.Text, e.Text)
	replaceSlice(&d.Citations, e.Citations)
	replaceSlice(&d.Logprobs, e.Logprobs)
	replace(&d.Signature, e.Signature)
	replace(&d.Phase, e.Phase)
}

func mergeReasoning(d, e *Reasoning) {
	fill(&d.Text, e.Text)
	if len(d.Summary) == 0 {
		d.Summary = e.Summary
	}
	replace(&d.Signature, e.Signature)
	replace(&d.Encrypted, e.Encrypted)
	d.Redacted = d.Redacted || e.Redacted
}

func mergeMedia(d, e *Media) {
	fill(&d.Data, e.Data)
	fill(&d.Transcript, e.Transcript)
	replace(&d.Kind, e.Kind)
	replace(&d.MIME, e.MIME)
	replace(&d.URL, e.URL)
	replace(&d.FileID, e.FileID)
	replace(&d.Text, e.Text)
	replace(&d.Name, e.Name)
	replace(&d.Signature, e.Signature)
}

func mergeToolCall(d, e *ToolCall) {
	if len(d.Input) == 0 {
		d.Input = e.Input
	}
	replace(&d.CallID, e.CallID)
	replace(&d.Name, e.Name)
	replace(&d.Namespace, e.Namespace)
	replace(&d.Kind, e.Kind)
	replace(&d.Signature, e.Signature)
	replace(&d.Native, e.Native)
}

func mergeAttrs(d, e *Attrs) {
	replace(&d.ID, e.ID)
	replace(&d.Cache, e.Cache)
	for _, m := range e.Ext {
		d.Ext = setMember(d.Ext, m)
	}
}

// setMember replaces the member of the same protocol and name, or appends m.
func setMember(ext Ext, m Member) Ext {
	for i := range ext {
		if ext[i].Protocol == m.Protocol && ext[i].Name == m.Name {
			ext[i].Value = m.Value
			return ext
		}
	}
	return append(ext, m)
}

// fill sets an empty string.
func fill(dst *string, v string) {
	if *dst == "" {
		*dst = v
	}
}

// replace sets what v says, if it says anything.
func replace[T comparable](dst *T, v T) {
	var zero T
	if v != zero {
		*dst = v
	}
}

func replaceSlice[S ~[]E, E any](dst *S, v S) {
	if len(v) > 0 {
		*dst = v
	}
}

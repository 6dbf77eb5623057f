package wiretest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

const intro = `# Fidelity

What becomes of a client's request when the upstream speaks another protocol. This page is generated from the codecs
by the test that checks them (` + "`go test ./internal/wire/wiretest -run Fidelity -update`" + `).

Where the client and the upstream speak the same protocol, the request normally passes as it came, byte for byte, and
nothing on this page applies. The column of the client's own protocol shows what happens when it is read and written
nevertheless.

| cell | meaning |
|---|---|
| exact | the upstream is asked the same. This is checked: what the upstream gets is read again and compared |
| ≈ | something near it is asked, and the code says what |
| ✕ | it is left out, and the code says what. Without a code it is a known defect |
| + | the protocol demands a value that the client did not give, and one is filled in |
| refused | the request cannot be made there. Another target is tried, else the client gets an error |

Every answer that was converted says in the header ` + "`x-plexus-fidelity`" + ` either ` + "`exact`" + ` or ` + "`lossy; codes=dropped:top_k,…`" + `; the
request's record has the codes, too. A value that was filled in changes nothing of what was asked and is no loss. Who would
rather have an error than a loss sends ` + "`x-plexus-fidelity: strict`" + `: a target that cannot be asked exactly is then passed over.
Keys and aliases can demand the same.

The upstreams are each protocol's own vendor with a current model: one that thinks for the rows about thinking, one
that does not for the others. Vendors that share a protocol differ; their traits are in the catalog.
`

// title is the heading of a protocol's column.
func title(p llm.Protocol) string {
	titles := map[llm.Protocol]string{
		chat: "OpenAI Chat", responses: "OpenAI Responses", anthropic: "Anthropic Messages",
		gemini: "Gemini", completions: "OpenAI Completions",
		ollama: "Ollama",
	}
	if t, ok := titles[p]; ok {
		return t
	}
	return string(p)
}

// Fidelity returns docs/fidelity.md: for every protocol of clients what becomes
// of each feature at every upstream.
func Fidelity(clients, upstreams []Codec) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(intro)
	for _, client := range clients {
		if err := section(&b, client, upstreams); err != nil {
			return nil, err
		}
	}
	appendix(&b)
	return b.Bytes(), nil
}

func section(b *bytes.Buffer, client Codec, upstreams []Codec) error {
	fmt.Fprintf(b, "\n## From %s\n\n|  |", title(client.Protocol()))
	for _, u := range upstreams {
		fmt.Fprintf(b, " %s |", title(u.Protocol()))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(upstreams)) + "\n")
	group := ""
	for _, f := range Features() {
		if _, ok := f.Native[client.Protocol()]; !ok {
			continue
		}
		if f.Group != group {
			group = f.Group
			fmt.Fprintf(b, "| **%s** |%s\n", group, strings.Repeat(" |", len(upstreams)))
		}
		fmt.Fprintf(b, "| %s |", f.Title)
		for _, u := range upstreams {
			o, err := Classify(&f, client, u)
			if err != nil {
				return fmt.Errorf("%s from %s to %s: %w", f.Name, client.Protocol(), u.Protocol(), err)
			}
			fmt.Fprintf(b, " %s |", cell(o))
		}
		b.WriteByte('\n')
	}
	return nil
}

// cell spells an outcome.
func cell(o Outcome) string {
	switch {
	case o.Verdict == Refused:
		return "refused"
	case o.Verdict == Unsaid:
		return "—"
	case o.Silent != "":
		return "✕" // known, and to be mended
	case len(o.Losses) == 0:
		return "exact"
	}
	var out []string
	for _, sign := range []struct {
		action llm.LossAction
		sign   string
	}{{llm.LossDropped, "✕"}, {llm.LossApproximated, "≈"}, {llm.LossDefaulted, "+"}} {
		if features := featuresLost(o.Losses, sign.action); len(features) > 0 {
			out = append(out, sign.sign+" "+strings.Join(features, ", "))
		}
	}
	return strings.Join(out, "; ")
}

func featuresLost(losses []llm.Loss, action llm.LossAction) []string {
	var out []string
	for _, l := range losses {
		if l.Action == action {
			out = append(out, l.Feature)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func appendix(b *bytes.Buffer) {
	b.WriteString("\n## Codes\n\nA code is an action (`dropped`, `approximated` or `defaulted`), a colon and one of these features.\n\n| feature | what it is |\n|---|---|\n")
	for _, c := range Codes() {
		fmt.Fprintf(b, "| `%s` | %s |\n", c.Feature, c.Meaning)
	}
}

package llm

import (
	"slices"
	"strings"
)

// LossAction says what became of something the target's protocol cannot say.
type LossAction string

// The actions.
const (
	LossDropped      LossAction = "dropped"      // it was left out
	LossApproximated LossAction = "approximated" // something near it was said
	LossDefaulted    LossAction = "defaulted"    // the protocol demands a value the client did not give
)

// Loss is one thing a conversion could not carry over exactly. Its Code is
// stable: clients, records and docs use it.
type Loss struct {
	Action  LossAction
	Feature string // snake_case,
	Path    string // where in the client's request, e.g. "messages[3].content[0]"
}

// Code returns "action:feature".
func (l Loss) Code() string { return string(l.Action) + ":" + l.Feature }

// LossCodes returns the distinct codes of the losses, sorted, joined by commas.
func LossCodes(losses []Loss) string {
	codes := make([]string, 0, len(losses))
	for _, l := range losses {
		codes = append(codes, l.Code())
	}
	slices.Sort(codes)
	return strings.Join(slices.Compact(codes), ",")
}

// Losses collects the losses of one conversion.
type Losses struct{ List []Loss }

// Drop notes that feature was left out.
func (l *Losses) Drop(feature, path string) { l.add(LossDropped, feature, path) }

// Approximate notes that something near feature was said.
func (l *Losses) Approximate(feature, path string) { l.add(LossApproximated, feature, path) }

// Default notes that the protocol demanded a value for feature.
func (l *Losses) Default(feature, path string) { l.add(LossDefaulted, feature, path) }

func (l *Losses) add(a LossAction, feature, path string) {
	l.List = append(l.List, Loss{Action: a, Feature: feature, Path: path})
}

package config

import (
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

const allowedModelName = "1 to 256 characters without blanks and control characters"

// aliasForm is an alias as the file gives it: targets, or the short form of
// one target (provider and model).
type aliasForm struct {
	Targets           []Target `yaml:"targets" was:"target_groups"`
	Provider          string   `yaml:"provider"`
	Model             string   `yaml:"model" also:"model_id"`
	AdditionalAliases []string `yaml:"additional_aliases" also:"aliases"`
	StrictFidelity    bool     `yaml:"strict_fidelity" default:"false"`
}

func (d *decoder) aliases(v value, out *[]Alias) {
	d.named(v, "a mapping of alias to targets", func(name string, v value) {
		var form aliasForm
		d.object(v, &form)
		a := Alias{Name: name, Targets: form.Targets, AdditionalAliases: form.AdditionalAliases, StrictFidelity: form.StrictFidelity}
		d.checkModelName(name, v.canon)
		for i, more := range a.AdditionalAliases {
			d.checkModelName(more, fmt.Sprintf("%s[%d]", joinPath(v.canon, "additional_aliases"), i))
		}
		short := d.has(joinPath(v.canon, "provider")) || d.has(joinPath(v.canon, "model"))
		switch {
		case !short:
			d.checkTargets(v, a)
		case d.has(joinPath(v.canon, "targets")):
			d.reportAt(joinPath(v.canon, "targets"), Error{Message: "targets and the short form (provider with model) exclude each other"})
		default:
			a.Targets = d.shortTarget(v, form)
		}
		*out = append(*out, a)
	})
}

// shortTarget is the one target of the short form. Its places are remembered
// under the paths that the long form would have.
func (d *decoder) shortTarget(v value, form aliasForm) []Target {
	if form.Provider == "" {
		d.missing(v, "provider", "")
	}
	if form.Model == "" {
		d.missing(v, "model", "model_id")
	}
	target := joinPath(v.canon, "targets") + "[0]"
	for _, key := range []string{"provider", "model"} {
		if p, ok := d.places[joinPath(v.canon, key)]; ok {
			d.places[joinPath(target, key)] = p
		}
	}
	return []Target{{Provider: form.Provider, Model: form.Model, Weight: 1, Enabled: true}}
}

func (d *decoder) targets(v value, out *[]Target) {
	d.list(v, "a list of targets", func(item value) {
		var t Target
		d.places[item.canon] = place{node: item.node, path: item.path}
		d.object(item, &t)
		*out = append(*out, t)
	})
}

// checkTargets reports an alias without targets and a target that is listed
// twice.
func (d *decoder) checkTargets(v value, a Alias) {
	at := joinPath(v.canon, "targets")
	given, ok := d.places[at]
	misshapen := ok && given.node.Kind != yaml.SequenceNode // reported already
	if len(a.Targets) == 0 && !misshapen {
		d.reportAt(at, Error{Message: "needs at least one target", Allowed: "targets, or provider with model"})
	}
	type id struct{ provider, model string }
	first := make(map[id]int)
	for i, t := range a.Targets {
		j, twice := first[id{t.Provider, t.Model}]
		if twice && t.Provider != "" && t.Model != "" {
			d.reportAt(fmt.Sprintf("%s[%d]", at, i), Error{Message: fmt.Sprintf("the same provider and model as targets[%d]; use weight to prefer it", j)})
			continue
		}
		first[id{t.Provider, t.Model}] = i
	}
}

func (d *decoder) checkModelName(name, canon string) {
	bad := strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	if bad || name == "" || len(name) > 256 {
		d.reportAt(canon, Error{Message: "not a model name", Found: fmt.Sprintf("%q", clip(name)), Allowed: allowedModelName})
	}
}

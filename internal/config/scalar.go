package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/llm"
)

// What a value may be, in the words of the messages.
const (
	allowedString   = "a string"
	allowedBool     = "true or false"
	allowedInt      = "a whole number"
	allowedDuration = "a duration such as 200ms, 30s, 5m, 2h or 7d"
	allowedSize     = "a number of bytes such as 4096, 64MiB or 1GiB"
	allowedTime     = "a date such as 2027-01-31 (UTC) or a time such as 2027-01-31T12:00:00Z"
)

// into decodes v into what p points to, by its type.
func (d *decoder) into(v value, f field, p any) {
	switch p := p.(type) {
	case *string:
		d.str(v, f, p)
	case *catalog.ModelType:
		d.str(v, f, (*string)(p))
	case *bool:
		d.boolean(v, p)
	case **bool:
		*p = new(bool)
		d.boolean(v, *p)
	case *int:
		d.integer(v, f, p)
	case *int64:
		d.size(v, f, p)
	case *time.Duration:
		d.duration(v, f, p)
	case **time.Time:
		d.time(v, p)
	case *Secret:
		d.secret(v, f, p)
	case *[]string:
		d.list(v, "a list of strings", func(item value) {
			if s, ok := d.text(item); ok {
				// By its place in the result, which lacks the items that failed.
				d.places[fmt.Sprintf("%s[%d]", v.canon, len(*p))] = place{node: item.node, path: item.path}
				*p = append(*p, s)
			}
		})
	case *[]netip.Prefix:
		d.list(v, "a list of addresses and CIDR ranges", func(item value) { d.prefix(item, p) })
	case *map[llm.Protocol]string:
		d.baseURL(v, p)
	case *map[string]Secret:
		d.headers(v, f, p)
	case *[]ProviderModel:
		d.providerModels(v, p)
	case *[]Target:
		d.targets(v, p)
	case *[]Provider:
		d.providers(v, p)
	case *[]Alias:
		d.aliases(v, p)
	case *[]Key:
		d.keys(v, p)
	default:
		if t := reflect.TypeOf(p); t.Elem().Kind() != reflect.Struct {
			panic(fmt.Sprintf("config: no decoder for %s", t))
		}
		d.object(v, p)
	}
}

// scalar returns the text of v with the environment's values in it, if v is a
// scalar with one of the tags. Text that names a variable serves for any tag:
// what the variable holds decides.
func (d *decoder) scalar(v value, allowed string, tags ...string) (string, bool) {
	tag := v.node.ShortTag()
	variable := tag == "!!str" && strings.Contains(v.node.Value, "${")
	if v.node.Kind != yaml.ScalarNode || !variable && !slices.Contains(tags, tag) {
		d.wrongKind(v, allowed)
		return "", false
	}
	text, problems := expand(v.node.Value, d.env)
	for _, p := range problems {
		d.report(v.node, v.path, Error{Message: p})
	}
	return text, len(problems) == 0
}

// text decodes a string that must not be empty.
func (d *decoder) text(v value) (string, bool) {
	s, ok := d.scalar(v, allowedString, "!!str")
	if ok && s == "" {
		d.report(v.node, v.path, Error{Message: "must not be empty", Allowed: allowedString})
		return "", false
	}
	return s, ok
}

func (d *decoder) str(v value, f field, p *string) {
	s, ok := d.scalar(v, allowedString, "!!str")
	switch {
	case !ok:
		return
	case f.required && s == "":
		d.report(v.node, v.path, Error{Message: "must not be empty", Allowed: allowedString})
	case f.enum != nil && !slices.Contains(f.enum, s):
		d.invalid(v, "unknown value", strings.Join(f.enum, ", "), didYouMean(s, f.enum))
	default:
		*p = s
	}
}

func (d *decoder) boolean(v value, p *bool) {
	s, ok := d.scalar(v, allowedBool, "!!bool")
	if !ok {
		return
	}
	switch strings.ToLower(s) {
	case "true":
		*p = true
	case "false":
		*p = false
	default:
		d.invalid(v, "not a truth value", allowedBool, "")
	}
}

func (d *decoder) integer(v value, f field, p *int) {
	s, ok := d.scalar(v, allowedInt, "!!int")
	if !ok {
		return
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		d.invalid(v, "not a whole number", allowedInt, "")
		return
	}
	lo, errLo := strconv.Atoi(f.min)
	hi, errHi := strconv.Atoi(f.max)
	if errLo == nil && n < lo || errHi == nil && n > hi {
		d.invalid(v, "out of range", bounds(f), "")
		return
	}
	*p = n
}

func (d *decoder) size(v value, f field, p *int64) {
	s, ok := d.scalar(v, allowedSize, "!!int", "!!str")
	if !ok {
		return
	}
	n, err := parseSize(s)
	if err != nil {
		d.invalid(v, "not a size", allowedSize, "")
		return
	}
	lo, errLo := parseSize(f.min)
	hi, errHi := parseSize(f.max)
	if errLo == nil && n < lo || errHi == nil && n > hi {
		d.invalid(v, "out of range", bounds(f), "")
		return
	}
	*p = n
}

func (d *decoder) duration(v value, f field, p *time.Duration) {
	s, ok := d.scalar(v, allowedDuration, "!!str", "!!int")
	if !ok {
		return
	}
	n, err := parseDuration(s)
	if err != nil {
		hint := ""
		if _, err := strconv.ParseUint(s, 10, 32); err == nil {
			hint = "add a unit: " + v.node.Value + "s, " + v.node.Value + "m"
		}
		d.invalid(v, "not a duration", allowedDuration, hint)
		return
	}
	lo, errLo := parseDuration(f.min)
	hi, errHi := parseDuration(f.max)
	if errLo == nil && n < lo || errHi == nil && n > hi {
		d.invalid(v, "out of range", bounds(f), "")
		return
	}
	*p = n
}

// bounds words the allowed range of a field.
func bounds(f field) string {
	if f.max == "" {
		return "at least " + f.min
	}
	return f.min + " to " + f.max
}

func (d *decoder) time(v value, p **time.Time) {
	s, ok := d.scalar(v, allowedTime, "!!timestamp", "!!str")
	if !ok {
		return
	}
	t, err := parseTime(s)
	if err != nil {
		d.invalid(v, "not a time", allowedTime, "")
		return
	}
	*p = &t
}

// secret decodes a credential. Its text is never shown, not even in part.
func (d *decoder) secret(v value, f field, p *Secret) {
	if f.ref && v.node.Kind == yaml.ScalarNode {
		if m := secretRef.FindStringSubmatch(v.node.Value); m != nil {
			*p = NewSecretRef(m[1])
			return
		}
	}
	s, ok := d.scalar(v, allowedString, "!!str")
	if ok && f.required && s == "" {
		d.report(v.node, v.path, Error{Message: "must not be empty", Allowed: allowedString})
		return
	}
	if ok && s != "" {
		*p = NewSecret(s)
	}
}

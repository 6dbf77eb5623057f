package config

import (
	"fmt"
	"strings"
	"unicode"
)

func (d *decoder) keys(v value, out *[]Key) {
	d.named(v, "a mapping of name to key", func(name string, v value) {
		d.checkName(name, v.canon)
		k := Key{Name: name}
		d.object(v, &k)
		d.checkKeySecret(v, k.Secret.Reveal())
		k.AllowedIPs = d.ipRules(v, k.AllowedIPs)
		*out = append(*out, k)
	})
}

// checkKeySecret checks a key's secret without ever showing it.
func (d *decoder) checkKeySecret(v value, secret string) {
	at := joinPath(v.canon, "secret")
	const allowed = "at least 16 printable characters without blanks and colons"
	switch {
	case secret == "": // reported as missing already
	case len(secret) < MinKeySecret:
		d.reportAt(at, Error{Message: "the secret is too short to be one", Found: fmt.Sprintf("%d characters", len(secret)), Allowed: allowed})
	case strings.Contains(secret, ":"):
		d.reportAt(at, Error{Message: "the secret holds a colon, which starts the attribution label", Allowed: allowed})
	case strings.ContainsFunc(secret, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || r == ' ' }):
		d.reportAt(at, Error{Message: "the secret holds characters that a header cannot carry unchanged", Allowed: allowed})
	}
}

// ipRules checks the rules of allowed_ips and returns their canonical form.
func (d *decoder) ipRules(v value, rules []string) []string {
	var canonical []string
	for i, rule := range rules {
		c, err := parseIPRule(rule)
		if err != nil {
			d.reportAt(fmt.Sprintf("%s[%d]", joinPath(v.canon, "allowed_ips"), i), Error{
				Message: err.Error(), Found: fmt.Sprintf("%q", clip(rule)), Allowed: allowedIP,
			})
			continue
		}
		canonical = append(canonical, c)
	}
	return canonical
}

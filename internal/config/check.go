package config

import (
	"fmt"
	"slices"
	"strings"
)

// check finds the problems that concern more than one value.
func (d *decoder) check(c *Config) {
	d.checkServer(&c.Server)
	d.checkDatabase(c.Database)
	slugs := make([]string, len(c.Providers))
	for i := range c.Providers {
		slugs[i] = c.Providers[i].Slug
	}
	for _, a := range c.Models {
		for i, t := range a.Targets {
			at := joinPath(fmt.Sprintf("%s[%d]", joinPath(joinPath("models", a.Name), "targets"), i), "provider")
			d.checkReference(at, "provider", t.Provider, slugs)
		}
	}
	d.checkKeys(c.Keys, d.checkAliasNames(c.Models), slugs)
}

func (d *decoder) checkServer(s *Server) {
	if err := checkListen(s.Listen); err != nil {
		d.reportAt("server.listen", Error{Message: err.Error(), Allowed: allowedListen})
	}
	switch {
	case s.TLSCert != "" && s.TLSKey == "":
		d.reportAt("server.tls_cert", Error{Message: "tls_cert needs a tls_key beside it"})
	case s.TLSCert == "" && s.TLSKey != "":
		d.reportAt("server.tls_key", Error{Message: "tls_key needs a tls_cert beside it"})
	}
	if s.PprofListen == "" {
		return
	}
	if err := checkListen(s.PprofListen); err != nil {
		d.reportAt("server.pprof_listen", Error{Message: err.Error(), Allowed: allowedListen})
	} else if !isLoopback(s.PprofListen) {
		d.reportAt("server.pprof_listen", Error{
			Message: "profiles are served to this machine only", Allowed: "a loopback address such as 127.0.0.1:6060",
		})
	}
}

func (d *decoder) checkDatabase(db Database) {
	if err := checkDatabaseURL(db.URL); err != nil {
		d.reportAt("database.url", Error{Message: err.Error(), Allowed: allowedDatabase})
	}
}

// checkReference reports a name that none of the known ones is.
func (d *decoder) checkReference(canon, kind, name string, known []string) {
	if name == "" || slices.Contains(known, name) {
		return
	}
	allowed := "no " + kind + " is declared"
	if len(known) > 0 {
		allowed = listSome(known)
	}
	d.reportAt(canon, Error{
		Message: "unknown " + kind, Found: fmt.Sprintf("%q", clip(name)), Allowed: allowed, Hint: didYouMean(name, known),
	})
}

// listSome lists names, but not hundreds of them.
func listSome(names []string) string {
	const most = 20
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// checkAliasNames reports public names that are given twice, and returns all
// of them.
func (d *decoder) checkAliasNames(aliases []Alias) []string {
	first := make(map[string]string) // public name → canonical path
	var names []string
	claim := func(name, canon string) {
		if other, taken := first[name]; taken {
			d.reportAt(canon, Error{Message: "duplicate alias, already given " + d.where(other), Found: fmt.Sprintf("%q", clip(name))})
			return
		}
		first[name] = canon
		names = append(names, name)
	}
	for _, a := range aliases {
		claim(a.Name, joinPath("models", a.Name))
	}
	for _, a := range aliases {
		for i, more := range a.AdditionalAliases {
			claim(more, fmt.Sprintf("%s[%d]", joinPath(joinPath("models", a.Name), "additional_aliases"), i))
		}
	}
	return names
}

// where says where the value at a canonical path stands.
func (d *decoder) where(canon string) string {
	p, ok := d.places[canon]
	if !ok {
		return "at " + canon
	}
	return fmt.Sprintf("at %s (line %d, column %d)", p.path, p.node.Line, p.node.Column)
}

func (d *decoder) checkKeys(keys []Key, aliases, slugs []string) {
	first := make(map[string]string) // secret → canonical path
	for _, k := range keys {
		at := joinPath("keys", k.Name)
		if secret := k.Secret.Reveal(); secret != "" {
			canon := joinPath(at, "secret")
			if other, taken := first[secret]; taken {
				d.reportAt(canon, Error{Message: "the same secret as another key, " + d.where(other)})
			} else {
				first[secret] = canon
			}
		}
		d.checkPatterns(joinPath(at, "allowed_models"), "alias", k.AllowedModels, aliases)
		d.checkPatterns(joinPath(at, "excluded_models"), "alias", k.ExcludedModels, aliases)
		d.checkPatterns(joinPath(at, "allowed_providers"), "provider", k.AllowedProviders, slugs)
		d.checkPatterns(joinPath(at, "excluded_providers"), "provider", k.ExcludedProviders, slugs)
	}
}

// checkPatterns checks the names in a key's lists. A misspelt exclusion would
// silently exclude nothing. A pattern with * may match what is to come.
func (d *decoder) checkPatterns(canon, kind string, patterns, known []string) {
	for i, p := range patterns {
		if !strings.Contains(p, "*") {
			d.checkReference(fmt.Sprintf("%s[%d]", canon, i), kind, p, known)
		}
	}
}

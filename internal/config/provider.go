package config

import (
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"golang.org/x/net/http/httpguts"

	"github.com/plexus-gateway/plexus/internal/catalog"
)

const (
	namePattern  = `^[a-z0-9][a-z0-9._-]{0,63}$`
	allowedName  = "at most 64 of a-z, 0-9, dot, underscore and hyphen, the first a letter or digit"
	allowedSlugs = "a mapping of slug to provider"
)

var nameRegexp = regexp.MustCompile(namePattern)

func (d *decoder) providers(v value, out *[]Provider) {
	d.named(v, allowedSlugs, func(slug string, v value) {
		d.checkName(slug, v.canon)
		p := Provider{Slug: slug}
		d.object(v, &p)
		d.finishProvider(v, &p)
		*out = append(*out, p)
	})
}

// checkName checks a name that the file gives to a provider or a key.
func (d *decoder) checkName(name, canon string) {
	if nameRegexp.MatchString(name) {
		return
	}
	hint := ""
	if lower := strings.ToLower(name); nameRegexp.MatchString(lower) {
		hint = fmt.Sprintf("did you mean %q?", lower)
	}
	d.reportAt(canon, Error{Message: "not a name", Found: fmt.Sprintf("%q", clip(name)), Allowed: allowedName, Hint: hint})
}

// finishProvider fills in what the vendor knows and the file does not say.
func (d *decoder) finishProvider(v value, p *Provider) {
	if p.DisplayName == "" {
		p.DisplayName = p.Slug
	}
	var vendor catalog.Vendor
	if p.Vendor != "" {
		var known bool
		if vendor, known = d.catalog.Vendor(p.Vendor); !known {
			d.reportAt(joinPath(v.canon, "vendor"), Error{
				Message: "unknown vendor", Found: fmt.Sprintf("%q", clip(p.Vendor)),
				Allowed: strings.Join(d.catalog.IDs(), ", "), Hint: didYouMean(p.Vendor, d.catalog.IDs()),
			})
			return
		}
	}
	if !d.has(joinPath(v.canon, "allow_private")) {
		p.AllowPrivate = vendor.AllowPrivate
	}
	if !d.has(joinPath(v.canon, "models")) {
		for _, m := range vendor.Models {
			p.Models = append(p.Models, ProviderModel(m))
		}
	}
	if !d.has(joinPath(v.canon, "base_url")) {
		p.BaseURL = vendor.Protocols
		d.checkHasURL(v, p)
	}
}

// checkHasURL reports a provider that gives no base_url and whose vendor, if
// any, has none either.
func (d *decoder) checkHasURL(v value, p *Provider) {
	switch {
	case len(p.BaseURL) > 0:
	case p.Vendor != "":
		d.reportAt(joinPath(v.canon, "vendor"), Error{
			Message: fmt.Sprintf("base_url is required: vendor %s has no URL of its own", p.Vendor), Allowed: allowedBaseURL,
		})
	default:
		e := Error{Message: "base_url is required, or a vendor that has one", Allowed: allowedBaseURL}
		if _, known := d.catalog.Vendor(p.Slug); known {
			e.Hint = "add vendor: " + p.Slug
		}
		d.reportAt(v.canon, e)
	}
}

// providerModels decodes a list of names, or a mapping of name to settings.
func (d *decoder) providerModels(v value, out *[]ProviderModel) {
	const allowed = "a list of names, or a mapping of name to settings"
	if v.node.Kind == yaml.MappingNode {
		d.named(v, allowed, func(name string, v value) {
			m := ProviderModel{Name: name}
			d.object(v, &m)
			if name == "" {
				d.reportAt(v.canon, Error{Message: "a model's name must not be empty"})
			}
			*out = append(*out, m)
		})
		return
	}
	d.list(v, allowed, func(item value) {
		name, ok := d.text(item)
		if !ok {
			return
		}
		if slices.ContainsFunc(*out, func(m ProviderModel) bool { return m.Name == name }) {
			d.invalid(item, "listed twice", "", "")
			return
		}
		*out = append(*out, ProviderModel{Name: name, Type: catalog.ModelChat})
	})
}

// unsettable are the headers that belong to the connection or to the body, and
// that a provider therefore cannot state (RFC 9110 section 7.6.1).
func unsettable() []string {
	return []string{
		"Connection", "Content-Encoding", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade",
	}
}

func (d *decoder) headers(v value, f field, out *map[string]Secret) {
	headers := make(map[string]Secret)
	spelled := make(map[string]string)
	entries, _ := d.mapping(v, "a mapping of header name to value")
	for _, e := range entries {
		child := v.child(e.key, e.key, e.val)
		name := textproto.CanonicalMIMEHeaderKey(e.key)
		switch {
		case !httpguts.ValidHeaderFieldName(e.key):
			d.report(e.node, child.path, Error{Message: "not a header name", Found: fmt.Sprintf("%q", clip(e.key))})
			continue
		case slices.Contains(unsettable(), name):
			d.report(e.node, child.path, Error{Message: fmt.Sprintf("header %s belongs to the connection and cannot be set", name)})
			continue
		case spelled[name] != "":
			d.report(e.node, child.path, Error{Message: fmt.Sprintf("%s and %s are the same header; give one of them", spelled[name], e.key)})
			continue
		}
		spelled[name] = e.key
		var s Secret
		d.secret(child, f, &s)
		if !httpguts.ValidHeaderFieldValue(s.Reveal()) {
			d.report(child.node, child.path, Error{Message: "the value holds characters that a header cannot carry"})
			continue
		}
		headers[name] = s
	}
	*out = headers
}

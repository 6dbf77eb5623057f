package config

import (
	"errors"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/catalog"
)

// defaultTimeout is the default of Provider.Timeout; a test compares it with
// the tag.
const defaultTimeout = 300 * time.Second

// Default returns what is served when there is no file: every default, the
// vendor that is built in as a provider, and an alias for each of its models.
// It declares no key. Call ApplyEnv on it.
func Default() *Config {
	cat, err := catalog.Load()
	if err != nil {
		panic(err) // the catalog is part of the program; the tests load it
	}
	c, err := ParseWith(cat, "default", nil, nil)
	if err != nil {
		panic(err) // an empty file is valid; the tests parse one
	}
	for _, v := range cat.Vendors() {
		if v.BuiltIn {
			c.addBuiltIn(v)
		}
	}
	return c
}

// addBuiltIn declares the vendor as a provider and its models as aliases.
func (c *Config) addBuiltIn(v catalog.Vendor) {
	p := Provider{
		Slug: v.ID, DisplayName: v.Name, Vendor: v.ID, BaseURL: v.Protocols,
		Enabled: true, Timeout: defaultTimeout, AllowPrivate: v.AllowPrivate,
	}
	for _, m := range v.Models {
		p.Models = append(p.Models, ProviderModel(m))
		c.Models = append(c.Models, Alias{
			Name:    m.Name,
			Targets: []Target{{Provider: v.ID, Model: m.Name, Weight: 1, Enabled: true}},
		})
	}
	c.Providers = append(c.Providers, p)
}

// The variables that override database.url; a later one wins.
const (
	envDatabaseURL = "DATABASE_URL"
	envPlexusDBURL = "PLEXUS_DB_URL"
)

const allowedDatabase = "postgres://… or sqlite:path"

// ApplyEnv puts the environment's overrides into c: DATABASE_URL and
// PLEXUS_DB_URL for the database, of which the latter wins. The error is
// Errors with the file "environment". Parse has done it already; it is for a
// Config from Default.
func (c *Config) ApplyEnv(env LookupEnv) error {
	if err := c.applyEnv(env); err != nil {
		return Errors{err}
	}
	return nil
}

func (c *Config) applyEnv(env LookupEnv) *Error {
	for _, name := range []string{envPlexusDBURL, envDatabaseURL} {
		url, _ := env.get(name)
		if url == "" {
			continue
		}
		s := NewSecret(url)
		if err := checkDatabaseURL(s); err != nil {
			return &Error{File: "environment", Path: name, Message: err.Error(), Allowed: allowedDatabase}
		}
		c.Database.URL = s
		return nil
	}
	return nil
}

// checkDatabaseURL accepts nothing, PostgreSQL's two spellings and SQLite with
// a path. The URL is not in the error: it may hold a password.
func checkDatabaseURL(s Secret) error {
	scheme, rest, _ := strings.Cut(s.Reveal(), ":")
	switch {
	case s.IsZero():
		return nil
	case (scheme == "postgres" || scheme == "postgresql") && strings.HasPrefix(rest, "//"):
		return nil
	case scheme == "sqlite" && rest != "":
		return nil
	default:
		return errors.New("not the URL of a database that is supported")
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/app"
	"github.com/plexus-gateway/plexus/internal/authn"
)

type keyCmd struct {
	Create keyCreate `cmd:"" help:"Create a key and print its secret, once."`
	List   keyList   `cmd:"" help:"List the keys of the database and of the configuration."`
	Revoke keyRevoke `cmd:"" help:"Delete a key for good."`
}

// tools opens the parts that commands need without serving. A running gateway
// notices what they change within a second.
func tools(ctx context.Context, c *cli, e env, use func(*app.Tools) error) error {
	t, err := app.OpenTools(ctx, app.Options{ConfigPath: c.Config, DataDir: c.DataDir, Env: e.look, Stderr: e.err})
	if err != nil {
		return err
	}
	return errors.Join(use(t), t.Close())
}

type keyCreate struct {
	Name              string        `arg:"" help:"The key's name: a-z, 0-9, dot, dash, underscore."`
	Comment           string        `help:"What the key is for."`
	AllowModel        []string      `placeholder:"PATTERN" help:"Models the key may use; * stands for any characters. Repeatable."`
	ExcludeModel      []string      `placeholder:"PATTERN" help:"Models the key may not use. Repeatable."`
	AllowProvider     []string      `placeholder:"PATTERN" help:"Providers the key may use. Repeatable."`
	ExcludeProvider   []string      `placeholder:"PATTERN" help:"Providers the key may not use. Repeatable."`
	AllowIP           []string      `name:"allow-ip" placeholder:"IP" help:"Addresses the key may be used from: address, CIDR or range. Repeatable."`
	RequestsPerMinute int           `placeholder:"N" help:"At most so many requests a minute; 0 is unlimited."`
	MaxConcurrency    int           `placeholder:"N" help:"At most so many requests at a time; 0 is unlimited."`
	StrictFidelity    bool          `help:"Refuse requests that only a lossy conversion could serve."`
	Expires           time.Duration `placeholder:"DURATION" help:"The key expires after this time, e.g. 720h."`
}

// Run creates the key.
func (k keyCreate) Run(ctx context.Context, c *cli, e env) error {
	n := admin.NewKey{Name: k.Name, Comment: k.Comment, KeyRules: admin.KeyRules{
		AllowedModels: k.AllowModel, ExcludedModels: k.ExcludeModel,
		AllowedProviders: k.AllowProvider, ExcludedProviders: k.ExcludeProvider, AllowedIPs: k.AllowIP,
		RequestsPerMinute: k.RequestsPerMinute, MaxConcurrency: k.MaxConcurrency, StrictFidelity: k.StrictFidelity,
	}}
	if k.Expires > 0 {
		at := time.Now().UTC().Add(k.Expires)
		n.ExpiresAt = &at
	}
	return tools(ctx, c, e, func(t *app.Tools) error {
		_, secret, err := t.Keys.Create(ctx, n)
		if err != nil {
			return fmt.Errorf("key %q: %w", k.Name, err)
		}
		fmt.Fprintln(e.err, "This is the only time the secret is shown:")
		_, err = fmt.Fprintln(e.out, secret)
		return err //nolint:wrapcheck // the terminal's own error
	})
}

type keyList struct{}

// Run lists the keys.
func (keyList) Run(ctx context.Context, c *cli, e env) error {
	return tools(ctx, c, e, func(t *app.Tools) error {
		keys, err := t.Keys.List(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tSTATE\tSOURCE\tENDS IN\tEXPIRES (UTC)\tCOMMENT")
		for i := range keys {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", keys[i].Name, keyState(&keys[i]), keys[i].Source, orDash(keys[i].Hint), orDash(when(keys[i].ExpiresAt)), keys[i].Comment)
		}
		return w.Flush()
	})
}

func keyState(k *authn.Key) string {
	switch {
	case k.DisabledAt != nil:
		return "disabled"
	case k.ExpiresAt != nil && !time.Now().Before(*k.ExpiresAt):
		return "expired"
	default:
		return "active"
	}
}

func when(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type keyRevoke struct {
	Name string `arg:"" help:"The key's name."`
}

// Run revokes the key.
func (k keyRevoke) Run(ctx context.Context, c *cli, e env) error {
	return tools(ctx, c, e, func(t *app.Tools) error {
		if err := t.Keys.Revoke(ctx, k.Name); err != nil {
			return fmt.Errorf("key %q: %w", k.Name, err)
		}
		_, err := fmt.Fprintf(e.out, "key %q is revoked\n", k.Name)
		return err //nolint:wrapcheck // the terminal's own error
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/plexus-gateway/plexus/internal/app"
)

type secretCmd struct {
	Set    secretSet    `cmd:"" help:"Read a credential from standard input and keep it encrypted."`
	List   secretList   `cmd:"" help:"List the names of the kept credentials."`
	Delete secretDelete `cmd:"" help:"Delete a kept credential."`
}

// maxSecret bounds a credential, in bytes; service-account files are the longest.
const maxSecret = 64 << 10

type secretSet struct {
	Name string `arg:"" help:"The name used in the configuration."`
}

// Run keeps the credential. It is read from standard input so that it stands
// neither in the process list nor in the shell's history.
func (s secretSet) Run(ctx context.Context, c *cli, e env) error {
	fmt.Fprintln(e.err, "Reading the credential from standard input; end with Ctrl-D.")
	text, err := io.ReadAll(io.LimitReader(e.in, maxSecret+1))
	if err != nil {
		return fmt.Errorf("read the credential: %w", err)
	}
	value := strings.TrimSpace(string(text))
	if value == "" || len(text) > maxSecret {
		return errors.New("the credential is empty or longer than 64 KiB")
	}
	return tools(ctx, c, e, func(t *app.Tools) error {
		if err := t.Store.PutSecret(ctx, t.Ring, s.Name, []byte(value), time.Now().UTC()); err != nil {
			return err
		}
		_, err := fmt.Fprintf(e.out, "kept; use it as ${secret:%s}. A running gateway takes it at the next reload (SIGHUP).\n", s.Name)
		return err //nolint:wrapcheck // the terminal's own error
	})
}

type secretList struct{}

// Run lists the names.
func (secretList) Run(ctx context.Context, c *cli, e env) error {
	return tools(ctx, c, e, func(t *app.Tools) error {
		list, err := t.Store.Secrets(ctx, t.Ring)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tUPDATED (UTC)")
		for _, s := range list {
			fmt.Fprintf(w, "%s\t%s\n", s.Name, s.UpdatedAt.UTC().Format("2006-01-02 15:04"))
		}
		return w.Flush()
	})
}

type secretDelete struct {
	Name string `arg:"" help:"The name of the credential."`
}

// Run deletes the credential.
func (s secretDelete) Run(ctx context.Context, c *cli, e env) error {
	return tools(ctx, c, e, func(t *app.Tools) error {
		return t.Store.DeleteSecret(ctx, s.Name)
	})
}

type migrateCmd struct{}

// Run migrates the database.
func (migrateCmd) Run(ctx context.Context, c *cli, e env) error {
	return tools(ctx, c, e, func(t *app.Tools) error {
		v, err := t.Store.Version(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.out, "the %s schema is at version %d\n", t.Store.Engine(), v)
		return err //nolint:wrapcheck // the terminal's own error
	})
}

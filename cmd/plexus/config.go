package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/plexus-gateway/plexus/internal/config"
)

type configCmd struct {
	Check  configCheck  `cmd:"" help:"Say whether the configuration is right, and every place where it is not."`
	Show   configShow   `cmd:"" help:"Print the configuration as it would serve: defaults filled in, secrets hidden."`
	Schema configSchema `cmd:"" help:"Print the JSON Schema of plexus.yaml, for editors."`
}

type configCheck struct{}

// Run checks the file.
func (configCheck) Run(c *cli, e env) error {
	cfg, err := config.Load(c.Config, e.look)
	if problems, ok := errors.AsType[config.Errors](err); ok {
		fmt.Fprintln(e.err, problems.Error())
		return fmt.Errorf("%s: %d problem(s)", c.Config, len(problems))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%s: ok (%d providers, %d models, %d keys)\n", c.Config, len(cfg.Providers), len(cfg.Models), len(cfg.Keys))
	return err //nolint:wrapcheck // the terminal's own error
}

type configShow struct{}

// Run prints the effective configuration.
func (configShow) Run(c *cli, e env) error {
	cfg, err := config.Load(c.Config, e.look)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(e.err, "there is no %s; this is the built-in configuration\n", c.Config)
		cfg = config.Default()
		err = cfg.ApplyEnv(e.look)
	}
	if err != nil {
		return err
	}
	text, err := cfg.Redacted()
	if err != nil {
		return err
	}
	_, err = e.out.Write(text)
	return err //nolint:wrapcheck // the terminal's own error
}

type configSchema struct{}

// Run prints the schema.
func (configSchema) Run(e env) error {
	text, err := config.Schema()
	if err != nil {
		return err
	}
	_, err = e.out.Write(text)
	return err //nolint:wrapcheck // the terminal's own error
}

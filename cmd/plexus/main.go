// Command plexus is a gateway for large language models in one binary.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/plexus-gateway/plexus/internal/config"
)

// version is set by the linker.
var version = "dev"

const description = `Plexus is a self-hosted gateway for large language models.

Run it without arguments to serve: without a plexus.yaml it serves a built-in
demo provider, so that the first request works with no outside account.
The first start prints a request ready to paste and the admin secret.`

// cli is every command and what they share.
type cli struct {
	Config  string `short:"c" default:"plexus.yaml" env:"PLEXUS_CONFIG" placeholder:"FILE" help:"The configuration file; it need not exist."`
	DataDir string `default:"data" env:"PLEXUS_DATA_DIR" placeholder:"DIR" help:"The folder of database, journal and key ring."`

	Serve   serveCmd   `cmd:"" default:"withargs" help:"Serve requests (the default)."`
	Demo    demoCmd    `cmd:"" help:"Serve the built-in demo provider from a throw-away folder."`
	Conf    configCmd  `cmd:"" name:"config" help:"Check, show or describe the configuration."`
	Key     keyCmd     `cmd:"" help:"Create, list or revoke the keys of clients."`
	Secret  secretCmd  `cmd:"" help:"Keep provider credentials encrypted, for $${secret:NAME} in the configuration."`
	Migrate migrateCmd `cmd:"" help:"Bring the database's schema up to date and say its version."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// env is the world a command runs in.
type env struct {
	in       io.Reader
	out, err io.Writer
	look     config.LookupEnv
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], env{os.Stdin, os.Stdout, os.Stderr, os.LookupEnv}))
}

// run executes one command and returns the exit code: 0 for success, 1 for a
// failure, 2 for a command line that cannot be understood.
func run(ctx context.Context, args []string, e env) int {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("plexus"), kong.Description(description), kong.UsageOnError(),
		kong.Writers(e.out, e.err), kong.Exit(func(n int) { code = n }), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(e, &c),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(e.err, "plexus:", err)
		return 2
	}
	cmd, err := parser.Parse(args)
	if code >= 0 { // --help has been answered
		return code
	}
	if err != nil {
		fmt.Fprintln(e.err, "plexus:", err)
		fmt.Fprintln(e.err, "Try: plexus --help")
		return 2
	}
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(e.err, "plexus:", err)
		return 1
	}
	return 0
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e env) error {
	_, err := fmt.Fprintln(e.out, version)
	return err //nolint:wrapcheck // the terminal's own error
}

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/plexus-gateway/plexus/internal/record"
)

// databaseWait bounds how long the status waits for the database to answer.
const databaseWait = 2 * time.Second

// StatusView is the gateway's own condition.
type StatusView struct {
	Version       string         `json:"version"`
	StartedAt     time.Time      `json:"started_at"`
	UptimeSeconds int64          `json:"uptime_seconds"`
	Config        ConfigStatus   `json:"config"`
	Journal       JournalStatus  `json:"journal"`
	Database      DatabaseStatus `json:"database"`
	FirstRun      FirstRun       `json:"first_run"`
}

// ConfigStatus says which configuration serves and why a newer one does not.
type ConfigStatus struct {
	File      string       `json:"file" doc:"Path of the configuration file; empty when there is none"`
	Revision  string       `json:"revision" doc:"Identifies the content that serves now"`
	LoadedAt  time.Time    `json:"loaded_at"`
	LastError *ConfigError `json:"last_error,omitempty" doc:"Set when the last reload failed; the revision before it goes on serving"`
}

// ConfigError is a reload that failed.
type ConfigError struct {
	At       time.Time       `json:"at"`
	Problems []ConfigProblem `json:"problems" nullable:"false"`
}

// ConfigProblem is one mistake in the configuration file.
type ConfigProblem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Path    string `json:"path,omitempty" doc:"Path inside the document, e.g. providers.openai.base_url"`
	Message string `json:"message"`
}

// JournalStatus is the condition of the journal of finished requests.
type JournalStatus struct {
	OK       bool   `json:"ok"`
	Pending  int64  `json:"pending" doc:"Records not yet in the database"`
	Bytes    int64  `json:"bytes" doc:"Size on disk"`
	MaxBytes int64  `json:"max_bytes" doc:"Bound of the size"`
	Error    string `json:"error,omitempty" doc:"Why it is not ok"`
}

// DatabaseStatus is the condition of the database.
type DatabaseStatus struct {
	OK     bool   `json:"ok"`
	Engine string `json:"engine" enum:"sqlite,postgres"`
	Error  string `json:"error,omitempty" doc:"Why it is not ok, without addresses or credentials"`
}

// FirstRun holds the hints of the welcome page.
type FirstRun struct {
	HasKey      bool   `json:"has_key" doc:"A usable key exists"`
	HasRequest  bool   `json:"has_request" doc:"A request has been recorded"`
	BaseURL     string `json:"base_url" doc:"Scheme and host this caller reached the gateway by"`
	ModelToTry  string `json:"model_to_try" doc:"An alias for the first request; empty when none is configured"`
	HasProvider bool   `json:"has_provider" doc:"An enabled provider is configured"`
}

type statusOutput struct{ Body StatusView }

func (a *api) statusRoutes() {
	register(a, PermStatusRead, huma.Operation{
		OperationID: "get-status", Method: http.MethodGet, Path: "/v0/status", Tags: []string{"Status"},
		Summary: "Version, configuration, journal, database and first-run hints",
	}, a.status)
}

func (a *api) status(ctx context.Context, _ *struct{}) (*statusOutput, error) {
	v := StatusView{
		Version: a.Version, StartedAt: a.StartedAt.UTC(), UptimeSeconds: int64(a.Now().Sub(a.StartedAt).Seconds()),
		Config: a.Loaded.Config(), Journal: a.Health.Journal(),
	}
	v.Config.LoadedAt = v.Config.LoadedAt.UTC()
	if e := v.Config.LastError; e != nil {
		v.Config.LastError = &ConfigError{At: e.At.UTC(), Problems: append([]ConfigProblem{}, e.Problems...)}
	}
	bounded, cancel := context.WithTimeout(ctx, databaseWait)
	defer cancel()
	v.Database = a.Health.Database(bounded)

	first, err := a.firstRun(bounded, v.Database.OK)
	if err != nil {
		return nil, err
	}
	v.FirstRun = first
	return &statusOutput{Body: v}, nil
}

// firstRun asks the log only while the database answers: the status must be
// readable when it does not.
func (a *api) firstRun(ctx context.Context, database bool) (FirstRun, error) {
	hints := FirstRun{BaseURL: callerOf(ctx).baseURL}
	for _, p := range a.Loaded.Providers() {
		hints.HasProvider = hints.HasProvider || p.Enabled
	}
	if aliases := a.Loaded.Aliases(); len(aliases) > 0 {
		hints.ModelToTry = aliases[0].Name
	}
	if !database {
		return hints, nil
	}
	keys, err := a.Keys.List(ctx)
	if err != nil {
		return hints, err
	}
	for i := range keys {
		hints.HasKey = hints.HasKey || a.keyState(&keys[i]) == "active"
	}
	page, err := a.Requests.Requests(ctx, record.Query{Limit: 1})
	if err != nil {
		return hints, err
	}
	hints.HasRequest = len(page.Items) > 0
	return hints, nil
}

package upstream_test

import (
	"log/slog"
	"net/http/httptest"
)

// quiet discards what a server that is meant to complain says.
func quiet(ts *httptest.Server) {
	ts.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
}

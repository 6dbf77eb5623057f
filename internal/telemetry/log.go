package telemetry

import (
	"io"
	"log/slog"
	"time"

	"github.com/lmittmann/tint"
)

// NewLogger returns a logger that writes to w, which should be a Redactor.
// asJSON chooses one JSON object a line; otherwise lines are for people. Times
// are UTC.
func NewLogger(w io.Writer, level slog.Leveler, asJSON bool) *slog.Logger {
	if asJSON {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: utc}))
	}
	return slog.New(tint.NewTextHandler(w, &tint.Options{Level: level, NoColor: true, TimeFormat: "2006-01-02T15:04:05.000Z", ReplaceAttr: utc}))
}

func utc(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		return slog.Time(a.Key, a.Value.Time().In(time.UTC))
	}
	return a
}

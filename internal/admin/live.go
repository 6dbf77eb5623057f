package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/plexus-gateway/plexus/internal/record"
)

// Timing and size of the live stream.
const (
	liveFlush     = 250 * time.Millisecond // longest an event waits, so that a burst is one write
	liveKeepAlive = 15 * time.Second       // comment and renewed check of the session
	liveWrite     = 10 * time.Second       // a client slower than this is dropped
	liveBuffer    = 512                    // records held for a slow client
)

type liveInput struct{ RequestFilter }

func (a *api) liveRoutes() {
	schemas := a.huma.OpenAPI().Components.Schemas
	register(a, PermRequestsRead, huma.Operation{
		OperationID: "watch-requests", Method: http.MethodGet, Path: "/v0/requests/live", Tags: []string{"Requests"},
		Summary: "Requests as they finish",
		Description: "A server-sent event stream. Each event is named request, its id is the request's id and its data a RequestView. " +
			"Events are flushed at least every 250 ms; a comment every 15 s keeps the connection open. " +
			"A client that falls behind misses events. The stream ends on sign-out and when the gateway stops.",
		Responses: map[string]*huma.Response{"200": {
			Description: "Events named request, each with a RequestView as JSON data",
			Content: map[string]*huma.MediaType{"text/event-stream": {
				Schema: schemas.Schema(typeOf[RequestView](), true, "RequestView"),
			}},
		}},
	}, a.watchRequests)
}

func (a *api) watchRequests(ctx context.Context, in *liveInput) (*huma.StreamResponse, error) {
	filter, who := in.filter(), callerOf(ctx)
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		s := &liveStream{api: a, filter: filter, out: w, control: http.NewResponseController(w)}
		s.run(r, who)
	}}, nil
}

// liveStream is one open stream.
type liveStream struct {
	api     *api
	filter  record.Filter
	out     io.Writer
	control *http.ResponseController
}

// run streams until the client, the session, the source or the process ends.
func (s *liveStream) run(r *http.Request, who caller) {
	records, unsubscribe := s.api.Tail.Subscribe(liveBuffer)
	defer unsubscribe()
	signedOut, release := s.api.streams.add(who.token)
	defer release()

	w := s.out.(http.ResponseWriter) //nolint:errcheck // humago hands out a ResponseWriter
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	if s.comment("connected") != nil || s.flush() != nil {
		return
	}
	keepAlive := time.NewTicker(liveKeepAlive)
	defer keepAlive.Stop()
	var due <-chan time.Time // set while something is written but not flushed
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-s.api.Done:
			return
		case <-signedOut:
			return
		case rec, open := <-records:
			if !open {
				return
			}
			if !Matches(&s.filter, &rec) {
				continue
			}
			err = s.event(&rec)
			if due == nil {
				due = time.After(liveFlush)
			}
		case <-due:
			due, err = nil, s.flush()
		case <-keepAlive.C:
			if !s.stillSignedIn(r, who) {
				return
			}
			if err = s.comment("keep-alive"); err == nil {
				err = s.flush()
			}
		}
		if err != nil {
			return // the client is gone or too slow; it reconnects
		}
	}
}

// stillSignedIn checks the session again, so that one which expired or was
// revoked elsewhere loses its stream within a keep-alive.
func (s *liveStream) stillSignedIn(r *http.Request, who caller) bool {
	if who.token == "" {
		return true
	}
	_, err := s.api.Sessions.Verify(r.Context(), who.token)
	return err == nil
}

func (s *liveStream) event(rec *record.Record) error {
	data, err := json.Marshal(viewRequest(rec))
	if err != nil {
		return fmt.Errorf("admin: encoding a live event: %w", err)
	}
	s.deadline()
	if _, err := fmt.Fprintf(s.out, "event: request\nid: %s\ndata: %s\n\n", rec.ID, data); err != nil {
		return fmt.Errorf("admin: writing a live event: %w", err)
	}
	return nil
}

func (s *liveStream) comment(text string) error {
	s.deadline()
	if _, err := fmt.Fprintf(s.out, ": %s\n\n", text); err != nil {
		return fmt.Errorf("admin: writing to a live stream: %w", err)
	}
	return nil
}

func (s *liveStream) flush() error {
	if err := s.control.Flush(); err != nil {
		return fmt.Errorf("admin: flushing a live stream: %w", err)
	}
	return nil
}

// deadline gives the next write its time. A writer without deadlines (a test
// recorder) is served without one.
func (s *liveStream) deadline() {
	_ = s.control.SetWriteDeadline(time.Now().Add(liveWrite))
}

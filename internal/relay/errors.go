package relay

import (
	"bytes"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// answerError is the one place where an error becomes an answer: the record is
// settled, then the client is told in its own dialect.
func (x *exchange) answerError(e *llm.Error) {
	x.note(e)
	if x.committed {
		x.settle()
		return
	}
	body := x.errorBody(e)
	x.rec.HTTPStatus, x.rec.ResponseBytes = e.HTTPStatus(), int64(len(body))
	x.settle()
	if e.Cause != nil && e.Kind == llm.KindInternal {
		x.relay.o.Logger.Error("request failed inside the gateway", "request", x.rec.ID, "err", e)
	}
	writeError(x.w, e, body)
	x.committed = true
}

// errorBody renders the error. An upstream's own error in the client's own
// dialect passes verbatim, unknown members and all.
func (x *exchange) errorBody(e *llm.Error) []byte {
	if e.Upstream != nil && e.Code != upstream.CodeAuth && x.rec.ProtocolIn == x.rec.ProtocolOut {
		var d jsonspan.Doc
		if d.Index(e.Upstream.Body) == nil {
			if v, ok := d.Get("error"); ok && v.Kind() == '{' {
				return e.Upstream.Body
			}
		}
	}
	return x.dialect.EncodeError(e)
}

func writeError(w http.ResponseWriter, e *llm.Error, body []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if e.RetryAfter > 0 {
		h["Retry-After"] = []string{strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds())))}
		h["Retry-After-Ms"] = []string{strconv.FormatInt(int64(e.RetryAfter/time.Millisecond), 10)}
	}
	if e.Upstream != nil && e.Upstream.RequestID != "" {
		h[upstream.UpstreamRequestID] = []string{e.Upstream.RequestID}
	}
	if e.Kind == llm.KindAuth && e.HTTPStatus() == http.StatusUnauthorized {
		h["Www-Authenticate"] = []string{"Bearer"}
	}
	w.WriteHeader(e.HTTPStatus())
	// The client may be gone; its record says what it was answered.
	_, _ = bytes.NewReader(body).WriteTo(w)
}

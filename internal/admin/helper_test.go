package admin_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/admin/admintest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the fixed clock of these tests.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// house is a World behind the API, called without a network.
type house struct {
	*admintest.World
	handler http.Handler
	log     *bytes.Buffer
	clock   atomic.Pointer[time.Time]
}

func newHouse(t *testing.T, change ...func(*admin.Deps)) *house {
	t.Helper()
	h := &house{log: &bytes.Buffer{}}
	h.setClock(noon)
	h.World = admintest.New(func() time.Time { return *h.clock.Load() })
	deps := h.Deps()
	deps.Log = slog.New(slog.NewTextHandler(h.log, nil))
	for _, f := range change {
		f(&deps)
	}
	h.handler = admin.New(deps)
	return h
}

// setClock moves the clock of the API and its doubles.
func (h *house) setClock(now time.Time) { h.clock.Store(&now) }

// call sends one request with the bearer secret, which headers may replace.
func (h *house) call(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, bytes.NewBufferString(body))
	r.Header.Set("Authorization", "Bearer "+admintest.Secret)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

// anonymous calls without a credential.
func (h *house) anonymous(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	return h.call(method, path, body, append(headers, "Authorization", "")...)
}

// signIn returns the Cookie header of a new session.
func (h *house) signIn(t *testing.T) string {
	t.Helper()
	w := h.anonymous("POST", "/v0/session", `{"secret":"`+admintest.Secret+`"}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	cookies := w.Result().Cookies()
	require.Len(t, cookies, 1)
	return cookies[0].Name + "=" + cookies[0].Value
}

func decode[T any](t *testing.T, r io.Reader) T {
	t.Helper()
	var v T
	require.NoError(t, json.NewDecoder(r).Decode(&v))
	return v
}

// problemType requires the answer to be a problem and returns its type.
func problemType(t *testing.T, w *httptest.ResponseRecorder, status int) string {
	t.Helper()
	require.Equal(t, status, w.Code, w.Body.String())
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	return decode[struct{ Type string }](t, w.Body).Type
}

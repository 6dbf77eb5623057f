package app_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/store"
)

// child starts a gateway process on dir and returns it with its address.
func child(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = io.Discard
	require.NoError(t, cmd.Start())
	addr := firstLine(t, out)
	require.NotContains(t, addr, "error", addr)
	return cmd, "http://" + addr
}

// TestKillLosesNoRequest: a gateway is killed in the middle of a thousand
// requests. After a restart every request that got a complete answer has its
// row, no request has two, and those that were under way have one as well.
func TestKillLosesNoRequest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plexus.yaml"), []byte(demoConfig), 0o600))
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))

	const total = 1000
	answered := make(map[string]bool)
	for round := range 3 {
		cmd, base := child(t, dir)
		killAt := int64(total/8 + rng.IntN(total/2))
		ids := flood(t, base, total, func(done int64) {
			if done == killAt {
				require.NoError(t, cmd.Process.Kill())
			}
		})
		require.Error(t, cmd.Wait())
		require.GreaterOrEqual(t, int64(len(ids)), killAt, "round %d", round)
		for id := range ids {
			answered[id] = true
		}
	}

	// A last start replays what was not moved; stopping it properly flushes.
	cmd, _ := child(t, dir)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait())

	st, err := store.Open(t.Context(), store.Options{DataDir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	rows := make(map[string]record.Status)
	q := record.Query{Limit: 500}
	for {
		page, err := st.Requests(t.Context(), q)
		require.NoError(t, err)
		for _, r := range page.Items {
			require.NotContains(t, rows, r.ID.String(), "a request has two rows")
			rows[r.ID.String()] = r.Status
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	abandoned := 0
	for _, s := range rows {
		if s == record.StatusAbandoned {
			abandoned++
		}
	}
	t.Logf("%d answered, %d rows, %d of them abandoned", len(answered), len(rows), abandoned)
	for id := range answered {
		require.Equal(t, record.StatusOK, rows[id], "request %s was answered", id)
	}
}

// flood sends requests, half of them streams, until n are sent or the gateway
// is gone, and returns the ids of those that were answered completely.
func flood(t *testing.T, base string, n int, progress func(done int64)) map[string]bool {
	t.Helper()
	var (
		mu       sync.Mutex
		ids      = make(map[string]bool)
		sent     atomic.Int64
		finished atomic.Int64
		workers  sync.WaitGroup
	)
	pool := &http.Transport{MaxIdleConnsPerHost: 32}
	defer pool.CloseIdleConnections()
	for range 16 {
		workers.Go(func() {
			for i := sent.Add(1); i <= int64(n); i = sent.Add(1) {
				id, err := complete(t, pool, base, i%2 == 0)
				if err != nil {
					return
				}
				mu.Lock()
				ids[id] = true
				mu.Unlock()
				progress(finished.Add(1))
			}
		})
	}
	workers.Wait()
	return ids
}

// complete makes one request and returns its id if the whole answer came.
func complete(t *testing.T, rt http.RoundTripper, base string, stream bool) (string, error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/v1/chat/completions", strings.NewReader(chat("demo-chat", stream)))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+testKey)
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if stream && strings.Contains(string(body), "[DONE]") {
		err = nil // the protocol's end is a complete answer, whatever follows
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d: %w", resp.StatusCode, err)
	}
	id := resp.Header.Get("X-Request-Id")
	return id, uuid.Validate(id)
}

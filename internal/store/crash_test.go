package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/store"
)

// The environment that turns the test binary into the child of
// TestKillLosesNothing.
const (
	crashDirEnv   = "PLEXUS_CRASH_DIR"
	crashFirstEnv = "PLEXUS_CRASH_FIRST"
)

const (
	crashRounds  = 20
	crashPerKill = 800 // a round is killed after up to so many acknowledgements
	crashStride  = 1_000_000
)

// TestKillLosesNothing kills a process that appends and moves records, twenty
// times at a random point, and starts it again each time. In the end every
// record it had acknowledged is in the database, once.
func TestKillLosesNothing(t *testing.T) {
	dir := t.TempDir()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	acknowledged := map[uuid.UUID]bool{}
	for round := range crashRounds {
		for _, n := range runAndKill(t, dir, round*crashStride, 1+rnd.IntN(crashPerKill)) {
			acknowledged[number(n)] = true
		}
	}

	j, err := record.Open(filepath.Join(dir, "journal"), record.Options{})
	require.NoError(t, err)
	s, err := store.Open(t.Context(), store.Options{DataDir: dir})
	require.NoError(t, err)
	t.Logf("%d acknowledged; %d records waited in the journal at the end", len(acknowledged), j.Health().Lag)
	require.NoError(t, record.NewMover(j, s, record.MoverOptions{}).Drain(t.Context()))
	require.Zero(t, j.Health().Lag)
	require.Zero(t, j.Health().Quarantined)
	require.NoError(t, j.Close(t.Context()))

	stored := map[uuid.UUID]int{}
	q := record.Query{Limit: 500}
	for {
		page := list(t, s, q)
		for i := range page.Items {
			stored[page.Items[i].ID]++
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	require.NoError(t, s.Close())
	require.GreaterOrEqual(t, len(acknowledged), crashRounds)
	for id := range acknowledged {
		require.Equal(t, 1, stored[id], "record %s", id)
	}
	for id, n := range stored {
		require.Equal(t, 1, n, "record %s", id)
	}
}

// runAndKill starts a child, kills it after so many acknowledgements, and
// returns all that it got out before it died.
func runAndKill(t *testing.T, dir string, first, after int) (acknowledged []int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDirEnv+"="+dir, crashFirstEnv+"="+strconv.Itoa(first))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // a line without its end was not an acknowledgement
		}
		require.NoError(t, err)
		n, err := strconv.Atoi(line[:len(line)-1])
		require.NoError(t, err, "the child says %q", line)
		acknowledged = append(acknowledged, n)
		if len(acknowledged) == after {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	err = cmd.Wait()
	require.ErrorContains(t, err, "killed")
	require.GreaterOrEqual(t, len(acknowledged), after)
	return acknowledged
}

// crashChild appends records from several goroutines, telling each that was
// acknowledged, while a mover works beside them, until it is killed.
func crashChild(dir, first string) error {
	from, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	j, err := record.Open(filepath.Join(dir, "journal"), record.Options{SegmentBytes: 16 << 10})
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{DataDir: dir})
	if err != nil {
		return err
	}
	failed := make(chan error)
	m := record.NewMover(j, s, record.MoverOptions{BatchRows: 40, BatchWait: time.Millisecond})
	go func() { failed <- m.Run(ctx) }()
	var next atomic.Int64
	for range 4 {
		go func() {
			for {
				n := from + int(next.Add(1))
				r := typical(n)
				if err := j.Append(&r); err != nil {
					failed <- err
					return
				}
				if _, err := fmt.Fprintf(os.Stdout, "%d\n", n); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

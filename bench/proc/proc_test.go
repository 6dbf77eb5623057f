package proc_test

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/plexus-gateway/plexus/bench/proc"
)

// childEnv makes the test binary play a process that is measured.
const childEnv = "PLEXUS_BENCH_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		goleak.VerifyTestMain(m)
	case "spin": // uses its core until it is stopped
		_, _ = os.Stdout.WriteString("spinning\n")
		for {
			runtime.Gosched()
		}
	case "end":
		_, _ = os.Stdout.WriteString(strings.Repeat("x", 20000) + "the end\n")
	}
}

func start(t *testing.T, role string, core int) *proc.Process {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	p, err := proc.Start(t.Context(), proc.Command{Name: role, Path: self, Env: []string{childEnv + "=" + role}, Core: core})
	require.NoError(t, err)
	return p
}

func TestCPUGrowsAndMemoryIsSeen(t *testing.T) {
	t.Parallel()
	p := start(t, "spin", proc.Plan().Driver)
	require.Eventually(t, func() bool {
		cpu, err := p.CPU()
		return err == nil && cpu > 20*time.Millisecond
	}, 20*time.Second, 5*time.Millisecond)
	rss, err := p.RSS()
	require.NoError(t, err)
	require.Greater(t, rss, int64(1<<20))
	peak, err := p.PeakRSS()
	require.NoError(t, err)
	require.GreaterOrEqual(t, peak, int64(1<<20))
	require.NoError(t, p.Stop())
	require.Equal(t, "spinning", p.Output())
	_, err = p.RSS()
	require.Error(t, err, "a process that ended has no memory")
}

func TestOutputKeepsTheEnd(t *testing.T) {
	t.Parallel()
	p := start(t, "end", proc.AnyCore)
	<-p.Done()
	require.True(t, strings.HasSuffix(p.Output(), "the end"))
	require.Less(t, len(p.Output()), 20000)
	require.NoError(t, p.Stop(), "to stop what has ended is no error")
}

func TestStartNamesWhatDoesNotStart(t *testing.T) {
	t.Parallel()
	_, err := proc.Start(t.Context(), proc.Command{Name: "nothing", Path: "./no-such-binary", Core: proc.AnyCore})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "start nothing")
}

func TestParseCPU(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{
		"0:00.05":    50 * time.Millisecond,
		"1:02.5":     62500 * time.Millisecond,
		"2:00:01":    2*time.Hour + time.Second,
		"1-00:00:01": 24*time.Hour + time.Second,
	} {
		got, err := proc.ParseCPU(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, bad := range []string{"", "x", "a-0:01", "1:y"} {
		_, err := proc.ParseCPU(bad)
		require.Error(t, err, bad)
	}
}

func TestParseLayout(t *testing.T) {
	t.Parallel()
	l, ok := proc.ParseLayout("0,3")
	require.True(t, ok)
	require.True(t, l.Pinned)
	require.Equal(t, []int{0, 3}, []int{l.Gateway, l.Driver})
	require.Contains(t, l.Note, "core 3")
	for _, bad := range []string{"", "0", "a,b"} {
		_, ok := proc.ParseLayout(bad)
		require.False(t, ok, bad)
	}
}

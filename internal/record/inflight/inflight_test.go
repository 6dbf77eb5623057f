package inflight_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/record/inflight"
)

func sample(n byte) *record.Record {
	return &record.Record{
		ID: uuid.UUID{15: n}, Start: time.Date(2026, 11, 22, 1, 2, 3, 4000, time.UTC),
		KeyName: "ada", Alias: "claude-opus", Method: "POST", Path: "/v1/chat/completions",
	}
}

func open(t *testing.T, path string) (*inflight.Table, []record.Record) {
	table, left, err := inflight.Open(path, 8)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, table.Close()) })
	return table, left
}

func TestWhatHasNotEndedIsFoundAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inflight")
	table, left := open(t, path)
	require.Empty(t, left)
	ended, open1 := table.Begin(sample(1)), table.Begin(sample(2))
	ended.End()
	r := sample(2)
	r.Provider, r.Attempts = "openai", 2
	open1.Update(r)

	again, left := open(t, path)
	require.Equal(t, []record.Record{*r}, left)
	again.Recovered()
	_, left = open(t, path)
	require.Empty(t, left)
}

func TestNothingIsLostBeforeItIsRecovered(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inflight")
	table, _ := open(t, path)
	table.Begin(sample(1))
	second, left := open(t, path)
	require.Len(t, left, 1)
	second.Begin(sample(2)) // must not reuse the slot of what was left
	_, left = open(t, path)
	require.Len(t, left, 2)
}

func TestFullTableServesAllTheSame(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inflight")
	table, _ := open(t, path)
	slots := make([]inflight.Slot, 0, 10)
	for i := range 10 {
		slots = append(slots, table.Begin(sample(byte(i+1))))
	}
	_, left := open(t, path)
	require.Len(t, left, 8)
	for _, s := range slots {
		s.Update(sample(99))
		s.End()
	}
	_, left = open(t, path)
	require.Empty(t, left)
}

func TestOutsizedRecordIsRememberedInBrief(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inflight")
	table, _ := open(t, path)
	r := sample(1)
	r.Path = strings.Repeat("x", 5000)
	table.Begin(r)
	_, left := open(t, path)
	require.Len(t, left, 1)
	require.Equal(t, r.ID, left[0].ID)
	require.Equal(t, "ada", left[0].KeyName)
}

func TestDamagedFileIsNoObstacle(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inflight")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("\x01garbage", 3000)), 0o600))
	table, left := open(t, path)
	require.Empty(t, left)
	table.Recovered()
	table.Begin(sample(3))
	_, left = open(t, path)
	require.Len(t, left, 1)
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inflight")
	table, _ := open(t, path)
	var users sync.WaitGroup
	for i := range 16 {
		users.Go(func() {
			for range 200 {
				s := table.Begin(sample(byte(i)))
				s.Update(sample(byte(i)))
				s.End()
			}
		})
	}
	users.Wait()
	_, left := open(t, path)
	require.Empty(t, left)
}

const childEnv = "PLEXUS_TEST_INFLIGHT_CHILD"

// TestMain doubles as the process that gets killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		table, _, err := inflight.Open(path, 8)
		if err != nil {
			panic(err)
		}
		table.Begin(sample(1))
		table.Begin(sample(2)).End()
		fmt.Println("ready")
		select {}
	}
	os.Exit(m.Run())
}

func TestKilledProcessLeavesItsRequests(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inflight")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())

	_, left := open(t, path)
	require.Equal(t, []record.Record{*sample(1)}, left)
}

func BenchmarkBeginUpdateEnd(b *testing.B) {
	table, _, err := inflight.Open(filepath.Join(b.TempDir(), "inflight"), 64)
	require.NoError(b, err)
	defer func() { require.NoError(b, table.Close()) }()
	r := sample(1)
	b.ReportAllocs()
	for b.Loop() {
		s := table.Begin(r)
		s.Update(r)
		s.End()
	}
}

//go:build unix

package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

func benchInsert(b *testing.B, s *store.Store) {
	const rows = 500
	batch := make([]record.Record, rows)
	n := 0
	before := cpu(b)
	b.ReportAllocs()
	for b.Loop() {
		for i := range batch {
			batch[i] = typical(n)
			n++
		}
		insert(b, s, batch...)
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(n), "cpu-ns/row")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/row")
}

// cpu returns the processor time used so far, which unlike the clock is not
// disturbed by what else the machine does.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkInsertSQLite(b *testing.B) { benchInsert(b, storetest.Open(b, storetest.SQLite(b))) }

func BenchmarkInsertPostgres(b *testing.B) { benchInsert(b, storetest.Open(b, storetest.Postgres(b))) }

// BenchmarkBackground is all that a record costs after its request: read from
// the journal, decoded, inserted.
func BenchmarkBackground(b *testing.B) {
	s := storetest.Open(b, storetest.SQLite(b))
	j, err := record.Open(b.TempDir(), record.Options{Fsync: record.FsyncNever, MaxBytes: 64 << 30})
	require.NoError(b, err)
	for i := range b.N {
		r := typical(i)
		require.NoError(b, j.Append(&r))
	}
	before := cpu(b)
	b.ResetTimer()
	require.NoError(b, record.NewMover(j, s, record.MoverOptions{}).Drain(context.Background()))
	b.StopTimer()
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/row")
	require.NoError(b, j.Close(context.Background()))
}

// BenchmarkPage reads one page of a log of 200,000 rows in each order.
func BenchmarkPage(b *testing.B) {
	const rows = 200_000
	s := storetest.Open(b, storetest.SQLite(b))
	for from := 0; from < rows; from += 2000 {
		batch := make([]record.Record, 2000)
		for i := range batch {
			n := from + i
			batch[i] = typical(n)
			batch[i].Duration = time.Duration(n*7919%100_003) * time.Millisecond
			batch[i].CostNano = int64(n * 104_729 % 1_000_003)
			batch[i].KeyName = []string{"ci", "alice", "bob", ""}[n%4]
		}
		insert(b, s, batch...)
	}
	for _, by := range []record.SortColumn{record.SortStart, record.SortDuration, record.SortCost, record.SortKey} {
		b.Run(string(by), func(b *testing.B) {
			for b.Loop() {
				list(b, s, record.Query{Sort: by})
			}
		})
	}
}

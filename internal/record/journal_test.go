package record_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/record/filelock"
)

// memory is a sink that keeps rows like a database: by id.
type memory struct {
	mu    sync.Mutex
	rows  map[uuid.UUID]record.Record
	order []uuid.UUID
	calls int
	twice int                                    // rows offered again
	fail  func(rs []record.Record) error         // nil error lets the batch in
	after func(context.Context, []record.Record) // called after each call
}

func (s *memory) InsertRecords(ctx context.Context, rs []record.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.after != nil {
		defer s.after(ctx, rs)
	}
	if s.fail != nil {
		if err := s.fail(rs); err != nil {
			return err
		}
	}
	if s.rows == nil {
		s.rows = map[uuid.UUID]record.Record{}
	}
	for _, r := range rs {
		if _, ok := s.rows[r.ID]; ok {
			s.twice++
			continue
		}
		s.rows[r.ID] = r
		s.order = append(s.order, r.ID)
	}
	return nil
}

// look runs f while no insert runs, to look at what fail has noted.
func (s *memory) look(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *memory) ids() []uuid.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.order)
}

func open(t testing.TB, dir string, o record.Options) *record.Journal {
	t.Helper()
	j, err := record.Open(dir, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, j.Close(context.Background())) })
	return j
}

func appendAll(t testing.TB, j *record.Journal, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		r := typical(i)
		require.NoError(t, j.Append(&r))
	}
}

func drain(t testing.TB, j *record.Journal, s record.Sink) {
	t.Helper()
	require.NoError(t, record.NewMover(j, s, record.MoverOptions{}).Drain(context.Background()))
}

func numbers(from, to int) []uuid.UUID {
	var out []uuid.UUID
	for i := from; i < to; i++ {
		out = append(out, typical(i).ID)
	}
	return out
}

func segments(t testing.TB, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	require.NoError(t, err)
	return list
}

func TestJournalKeepsOrderAcrossReopen(t *testing.T) {
	for _, fsync := range []record.Fsync{record.FsyncAlways, record.FsyncInterval, record.FsyncNever} {
		t.Run(string(fsync), func(t *testing.T) {
			dir := t.TempDir()
			o := record.Options{Fsync: fsync, SegmentBytes: 4 << 10}
			for part := range 3 {
				j, err := record.Open(dir, o)
				require.NoError(t, err)
				require.Equal(t, uint64(part*50), j.Health().Lag)
				appendAll(t, j, part*50, part*50+50)
				require.NoError(t, j.Close(t.Context()))
				require.NoError(t, j.Close(t.Context()), "closing twice is fine")
			}
			require.Greater(t, len(segments(t, dir)), 3)
			j := open(t, dir, o)
			require.Equal(t, uint64(150), j.Health().Lag)
			sink := &memory{}
			drain(t, j, sink)
			require.Equal(t, numbers(0, 150), sink.ids())
			require.Equal(t, typical(77), sink.rows[typical(77).ID])
			h := j.Health()
			require.Zero(t, h.Lag)
			require.Equal(t, 1, h.Segments, "finished segments are deleted")
			require.Len(t, segments(t, dir), 1)
			info, err := os.Stat(segments(t, dir)[0])
			require.NoError(t, err)
			require.Equal(t, info.Size(), h.Bytes)
		})
	}
}

func TestJournalIsNotMovedTwice(t *testing.T) {
	dir := t.TempDir()
	sink := &memory{}
	for part := range 4 {
		j, err := record.Open(dir, record.Options{SegmentBytes: 4 << 10})
		require.NoError(t, err)
		require.Zero(t, j.Health().Lag)
		appendAll(t, j, part*10, part*10+10)
		drain(t, j, sink)
		require.NoError(t, j.Close(t.Context()))
	}
	require.Equal(t, numbers(0, 40), sink.ids())
	require.Zero(t, sink.twice)
}

func TestJournalLostCheckpointReplays(t *testing.T) {
	for _, damage := range []string{"removed", "torn"} {
		t.Run(damage, func(t *testing.T) {
			dir := t.TempDir()
			sink := &memory{}
			j, err := record.Open(dir, record.Options{})
			require.NoError(t, err)
			appendAll(t, j, 0, 10)
			drain(t, j, sink)
			require.NoError(t, j.Close(t.Context()))
			if damage == "removed" {
				require.NoError(t, os.Remove(filepath.Join(dir, "checkpoint")))
			} else {
				flip(t, filepath.Join(dir, "checkpoint"), 9)
			}
			j = open(t, dir, record.Options{})
			require.Equal(t, uint64(10), j.Health().Lag)
			drain(t, j, sink)
			require.Equal(t, numbers(0, 10), sink.ids())
			require.Equal(t, 10, sink.twice)
		})
	}
}

// TestJournalPowerCutBehindCheckpoint: the checkpoint reached the disk, the
// records it speaks of did not. New records must not hide before it.
func TestJournalPowerCutBehindCheckpoint(t *testing.T) {
	dir := t.TempDir()
	sink := &memory{}
	j, err := record.Open(dir, record.Options{Fsync: record.FsyncNever})
	require.NoError(t, err)
	appendAll(t, j, 0, 2)
	kept := j.Health().Bytes
	appendAll(t, j, 2, 20)
	drain(t, j, sink)
	require.NoError(t, j.Close(t.Context()))
	require.NoError(t, os.Truncate(segments(t, dir)[0], kept))

	for i := range 2 { // opened twice: the second finds what the first wrote
		j, err = record.Open(dir, record.Options{})
		require.NoError(t, err)
		require.Equal(t, uint64(i*20), j.Health().Lag)
		appendAll(t, j, 20+i*20, 40+i*20)
		require.NoError(t, j.Close(t.Context()))
	}
	j = open(t, dir, record.Options{})
	drain(t, j, sink)
	require.Equal(t, numbers(0, 60), sink.ids())
}

// TestJournalTornTail cuts the file at every byte of its last two frames.
func TestJournalTornTail(t *testing.T) {
	dir := t.TempDir()
	j, err := record.Open(dir, record.Options{})
	require.NoError(t, err)
	appendAll(t, j, 0, 1)
	one := j.Health().Bytes
	appendAll(t, j, 1, 2)
	two := j.Health().Bytes
	require.NoError(t, j.Close(t.Context()))
	whole, err := os.ReadFile(segments(t, dir)[0])
	require.NoError(t, err)
	require.Equal(t, two, int64(len(whole)))

	for cut := 0; cut <= len(whole); cut++ {
		dir := t.TempDir()
		name := filepath.Join(dir, "00000000000000000001.seg")
		require.NoError(t, os.WriteFile(name, whole[:cut], 0o600))
		j, err := record.Open(dir, record.Options{Fsync: record.FsyncNever})
		require.NoError(t, err)
		want := 0
		switch {
		case int64(cut) >= two:
			want = 2
		case int64(cut) >= one:
			want = 1
		}
		require.Equal(t, uint64(want), j.Health().Lag, "cut at %d", cut)
		appendAll(t, j, 2, 3)
		sink := &memory{}
		drain(t, j, sink)
		require.Equal(t, append(numbers(0, want), typical(2).ID), sink.ids(), "cut at %d", cut)
		require.Zero(t, j.Health().Quarantined)
		require.NoError(t, j.Close(t.Context()))
	}
}

func TestJournalZeroTail(t *testing.T) {
	dir := t.TempDir()
	j, err := record.Open(dir, record.Options{})
	require.NoError(t, err)
	appendAll(t, j, 0, 3)
	size := j.Health().Bytes
	require.NoError(t, j.Close(t.Context()))
	require.NoError(t, os.Truncate(segments(t, dir)[0], size+5000)) // a power cut leaves zeros
	j = open(t, dir, record.Options{})
	require.Equal(t, uint64(3), j.Health().Lag)
	require.Equal(t, size, j.Health().Bytes)
}

func flip(t testing.TB, name string, at int64) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	require.NoError(t, err)
	var b [1]byte
	_, err = f.ReadAt(b[:], at)
	require.NoError(t, err)
	b[0] ^= 0x55
	_, err = f.WriteAt(b[:], at)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// TestJournalDamageInTheMiddle flips a byte at many places; one record at most
// is lost from the database, and its bytes are in the quarantine.
func TestJournalDamageInTheMiddle(t *testing.T) {
	build := func(t *testing.T, dir string) {
		j, err := record.Open(dir, record.Options{SegmentBytes: 2 << 10})
		require.NoError(t, err)
		appendAll(t, j, 0, 20)
		require.NoError(t, j.Close(t.Context()))
		require.Greater(t, len(segments(t, dir)), 2)
	}
	for at := int64(0); at < 700; at += 7 {
		dir := t.TempDir()
		build(t, dir)
		flip(t, segments(t, dir)[0], at)
		var reported []string
		o := record.Options{SegmentBytes: 2 << 10, OnError: func(err error) { reported = append(reported, err.Error()) }}
		j, err := record.Open(dir, o)
		require.NoError(t, err)
		sink := &memory{}
		drain(t, j, sink)
		require.Zero(t, j.Health().Lag)
		require.NoError(t, j.Close(t.Context()))
		if at < 20 { // the header is written anew
			require.Equal(t, numbers(0, 20), sink.ids(), "byte %d", at)
			continue
		}
		require.Len(t, sink.ids(), 19, "byte %d", at)
		require.Equal(t, uint64(1), j.Health().Quarantined)
		require.Len(t, reported, 1)
		require.Contains(t, reported[0], "00000000000000000001.seg, offset")
		kept, err := filepath.Glob(filepath.Join(dir, "quarantine", "*.damaged"))
		require.NoError(t, err)
		require.Len(t, kept, 1)
		bytes, err := os.ReadFile(kept[0])
		require.NoError(t, err)
		require.NotEmpty(t, bytes)
	}
}

func TestJournalDamageInTheNewestSegmentIsNotATail(t *testing.T) {
	dir := t.TempDir()
	j, err := record.Open(dir, record.Options{})
	require.NoError(t, err)
	appendAll(t, j, 0, 9)
	require.NoError(t, j.Close(t.Context()))
	flip(t, segments(t, dir)[0], 60)
	j = open(t, dir, record.Options{})
	appendAll(t, j, 9, 10)
	sink := &memory{}
	drain(t, j, sink)
	require.Equal(t, numbers(1, 10), sink.ids())
	require.Zero(t, j.Health().Lag)
}

func TestJournalRefusesAnotherVersion(t *testing.T) {
	dir := t.TempDir()
	header := []byte("PLXJRN99\x00\x00\x00\x00\x00\x00\x00\x00")
	header = appendCRC(header)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00000000000000000001.seg"), header, 0o600))
	_, err := record.Open(dir, record.Options{})
	require.ErrorContains(t, err, "00000000000000000001.seg, offset 0: written by another version")
}

func TestJournalHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, record.Options{})
	_, err := record.Open(dir, record.Options{})
	require.ErrorIs(t, err, filelock.ErrHeld)
}

func TestJournalOptions(t *testing.T) {
	tests := []struct {
		name string
		o    record.Options
	}{
		{name: "unknown policy", o: record.Options{Fsync: "sometimes"}},
		{name: "negative interval", o: record.Options{FsyncInterval: -1}},
		{name: "bound under two segments", o: record.Options{SegmentBytes: 1 << 20, MaxBytes: 1 << 20}},
		{name: "tiny segment", o: record.Options{SegmentBytes: 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := record.Open(t.TempDir(), tt.o)
			require.Error(t, err)
		})
	}
}

func TestJournalFull(t *testing.T) {
	j := open(t, t.TempDir(), record.Options{SegmentBytes: 2 << 10, MaxBytes: 6 << 10})
	n := 0
	var err error
	for ; err == nil; n++ {
		r := typical(n)
		err = j.Append(&r)
	}
	require.ErrorIs(t, err, record.ErrJournalFull)
	h := j.Health()
	require.True(t, h.Full)
	require.ErrorIs(t, h.Err, record.ErrJournalFull)
	require.LessOrEqual(t, h.Bytes, h.MaxBytes)
	require.Equal(t, uint64(n-1), h.Lag)

	sink := &memory{}
	drain(t, j, sink)
	require.Equal(t, numbers(0, n-1), sink.ids())
	require.False(t, j.Health().Full, "moving makes room")
	appendAll(t, j, 100, 105)
	require.NoError(t, j.Health().Err)
}

func TestJournalTooLarge(t *testing.T) {
	j := open(t, t.TempDir(), record.Options{})
	r := typical(1)
	r.Path = strings.Repeat("x", 300<<10)
	require.ErrorIs(t, j.Append(&r), record.ErrTooLarge)
	big := typical(2)
	big.Path = strings.Repeat("y", 200<<10) // over the reader's chunk
	require.NoError(t, j.Append(&big))
	appendAll(t, j, 3, 5)
	sink := &memory{}
	drain(t, j, sink)
	require.Equal(t, numbers(2, 5), sink.ids())
	require.Equal(t, big, sink.rows[big.ID])
}

func TestJournalClosed(t *testing.T) {
	j, err := record.Open(t.TempDir(), record.Options{})
	require.NoError(t, err)
	require.NoError(t, j.Close(t.Context()))
	r := typical(1)
	require.ErrorIs(t, j.Append(&r), record.ErrClosed)
}

// disk breaks on command.
type disk struct {
	record.File
	short, truncate, sync *atomic.Bool
	syncs                 *atomic.Int64
	hold                  chan struct{} // non-nil: writes wait for it
	held                  chan struct{} // and say here that they do
}

var errDisk = errors.New("no space left")

func newDisk() *disk {
	return &disk{short: new(atomic.Bool), truncate: new(atomic.Bool), sync: new(atomic.Bool), syncs: new(atomic.Int64)}
}

func (d *disk) wrap(f record.File) record.File {
	c := *d
	c.File = f
	return &c
}

func (d *disk) WriteAt(b []byte, off int64) (int, error) {
	if d.hold != nil && off > 0 {
		d.held <- struct{}{}
		<-d.hold
	}
	if d.short.Load() {
		n, err := d.File.WriteAt(b[:len(b)/2], off)
		return n, errors.Join(err, errDisk)
	}
	return d.File.WriteAt(b, off)
}

func (d *disk) Truncate(n int64) error {
	if d.truncate.Load() {
		return errDisk
	}
	return d.File.Truncate(n)
}

func (d *disk) Sync() error {
	d.syncs.Add(1)
	if d.sync.Load() {
		return errDisk
	}
	return d.File.Sync()
}

func TestJournalFailedWriteLeavesNoTrace(t *testing.T) {
	for _, cannotTruncate := range []bool{false, true} {
		d := newDisk()
		dir := t.TempDir()
		j := open(t, dir, record.Options{}.WithFiles(d.wrap))
		appendAll(t, j, 0, 3)
		d.short.Store(true)
		d.truncate.Store(cannotTruncate)
		lost := typical(50)
		for range 3 {
			require.ErrorIs(t, j.Append(&lost), errDisk)
		}
		require.ErrorIs(t, j.Health().Err, errDisk)
		d.short.Store(false)
		if cannotTruncate {
			require.ErrorIs(t, j.Append(&lost), errDisk, "never writes behind garbage")
			d.truncate.Store(false)
		}
		appendAll(t, j, 3, 6)
		require.NoError(t, j.Health().Err)
		sink := &memory{}
		drain(t, j, sink)
		require.Equal(t, numbers(0, 6), sink.ids())
		require.Zero(t, j.Health().Quarantined)
	}
}

func TestJournalFailedSync(t *testing.T) {
	d := newDisk()
	dir := t.TempDir()
	j := open(t, dir, record.Options{Fsync: record.FsyncAlways}.WithFiles(d.wrap))
	appendAll(t, j, 0, 1)
	d.sync.Store(true)
	r := typical(1)
	require.ErrorIs(t, j.Append(&r), errDisk)
	d.sync.Store(false)
	appendAll(t, j, 2, 3)
	require.Equal(t, 2, j.Health().Segments, "a file whose fsync failed is left alone")
	sink := &memory{}
	drain(t, j, sink)
	require.Equal(t, numbers(0, 3), sink.ids())
}

func TestJournalGroupCommit(t *testing.T) {
	d := newDisk()
	d.hold, d.held = make(chan struct{}), make(chan struct{}, 100)
	j := open(t, t.TempDir(), record.Options{Fsync: record.FsyncAlways}.WithFiles(d.wrap))
	var wg sync.WaitGroup
	errs := make(chan error, 20)
	add := func(n int) { wg.Go(func() { r := typical(n); errs <- j.Append(&r) }) }
	add(0)
	<-d.held // the first one writes; the rest gather behind it
	for n := 1; n < 20; n++ {
		add(n)
	}
	for record.Gathered(j) < 19 {
		runtime.Gosched() // the appenders are runnable
	}
	d.hold <- struct{}{}
	<-d.held
	d.hold <- struct{}{}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, int64(2), d.syncs.Load(), "nineteen records shared one write and one sync")
	sink := &memory{}
	drain(t, j, sink)
	require.Len(t, sink.ids(), 20)
}

func TestJournalConcurrentAppendsAndMoves(t *testing.T) {
	const writers, each = 8, 300
	j := open(t, t.TempDir(), record.Options{SegmentBytes: 16 << 10})
	sink := &memory{}
	ctx, cancel := context.WithCancel(t.Context())
	moved := make(chan error, 1)
	m := record.NewMover(j, sink, record.MoverOptions{BatchRows: 50, BatchWait: time.Millisecond})
	go func() { moved <- m.Run(ctx) }()
	var wg sync.WaitGroup
	var failed atomic.Int64
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				r := typical(w*each + i)
				if j.Append(&r) != nil {
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	cancel()
	require.NoError(t, <-moved)
	require.NoError(t, m.Drain(t.Context()))
	require.Zero(t, failed.Load())
	got := sink.ids()
	slices.SortFunc(got, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	require.Equal(t, numbers(0, writers*each), got)
	require.Zero(t, sink.twice)
}

func TestJournalIntervalSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		failures := new(atomic.Int64)
		j, err := record.Open(t.TempDir(), record.Options{
			FsyncInterval: time.Second, OnError: func(error) { failures.Add(1) },
		}.WithFiles(d.wrap))
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.Zero(t, d.syncs.Load(), "nothing written, nothing synced")
		for i := range 10 {
			appendAll(t, j, i, i+1)
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		require.Equal(t, int64(1), d.syncs.Load(), "ten appends within the interval share a sync")

		d.sync.Store(true)
		appendAll(t, j, 10, 11)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.ErrorIs(t, j.Health().Err, errDisk)
		require.Equal(t, int64(1), failures.Load())
		d.sync.Store(false)
		appendAll(t, j, 11, 12)
		require.Equal(t, 2, j.Health().Segments)
		require.NoError(t, j.Close(t.Context()))
	})
}

func TestJournalCloseWaitsForAppends(t *testing.T) {
	d := newDisk()
	d.hold, d.held = make(chan struct{}), make(chan struct{}, 1)
	j, err := record.Open(t.TempDir(), record.Options{}.WithFiles(d.wrap))
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { r := typical(1); done <- j.Append(&r) }()
	<-d.held
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, j.Close(ended), context.Canceled)
	d.hold <- struct{}{}
	require.NoError(t, <-done)
	require.NoError(t, j.Close(t.Context()))
}

func BenchmarkAppend(b *testing.B) {
	for _, fsync := range []record.Fsync{record.FsyncNever, record.FsyncInterval} {
		b.Run(string(fsync), func(b *testing.B) {
			j := open(b, b.TempDir(), record.Options{Fsync: fsync, MaxBytes: 64 << 30})
			r := typical(1)
			b.ReportAllocs()
			for b.Loop() {
				if err := j.Append(&r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendParallel(b *testing.B) {
	j := open(b, b.TempDir(), record.Options{MaxBytes: 64 << 30})
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r := typical(1)
		for pb.Next() {
			if err := j.Append(&r); err != nil {
				b.Error(err)
			}
		}
	})
}

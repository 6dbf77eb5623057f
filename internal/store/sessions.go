package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/plexus-gateway/plexus/internal/errs"
)

// Session is a signed-in browser of an administrator.
type Session struct {
	ID        [32]byte // SHA-256 of the token; the token itself is not kept
	CreatedAt time.Time
	SeenAt    time.Time // of the last request, as exactly as TouchSession is called
	ExpiresAt time.Time
	IP        string
	UserAgent string
}

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions"`

	ID        []byte `bun:",pk"`
	CreatedUS int64  `bun:"created_us"`
	SeenUS    int64  `bun:"seen_us"`
	ExpiresUS int64  `bun:"expires_us"`
	IP        string `bun:"ip"`
	UserAgent string
}

func (r *sessionRow) session() (Session, error) {
	v := Session{
		CreatedAt: fromMicros(r.CreatedUS), SeenAt: fromMicros(r.SeenUS), ExpiresAt: fromMicros(r.ExpiresUS),
		IP: r.IP, UserAgent: r.UserAgent,
	}
	if len(r.ID) != len(v.ID) {
		return v, fmt.Errorf("session id of %d bytes", len(r.ID))
	}
	copy(v.ID[:], r.ID)
	return v, nil
}

// PutSession adds a session. It fails with ErrExists when the id is taken.
func (s *Store) PutSession(ctx context.Context, v *Session) (err error) {
	defer errs.Wrap(&err, "store: put session")
	row := &sessionRow{
		ID: v.ID[:], CreatedUS: micros(v.CreatedAt), SeenUS: micros(v.SeenAt), ExpiresUS: micros(v.ExpiresAt),
		IP: clean(v.IP), UserAgent: clean(v.UserAgent),
	}
	res, err := s.wdb.NewInsert().Model(row).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orExists(err)
	}
	return nil
}

// Session returns a session that has not expired at now, or ErrNotFound.
func (s *Store) Session(ctx context.Context, id [32]byte, now time.Time) (v Session, err error) {
	defer errs.Wrap(&err, "store: session")
	var row sessionRow
	err = s.rdb.NewSelect().Model(&row).Where("id = ?", id[:]).Where("expires_us > ?", micros(now)).Scan(ctx)
	if err != nil {
		return v, notFound(err)
	}
	return row.session()
}

// Sessions returns the sessions that have not expired at now, the last seen
// first.
func (s *Store) Sessions(ctx context.Context, now time.Time) (list []Session, err error) {
	defer errs.Wrap(&err, "store: sessions")
	var rows []sessionRow
	err = s.rdb.NewSelect().Model(&rows).Where("expires_us > ?", micros(now)).Order("seen_us DESC", "id").Scan(ctx)
	if err != nil {
		return nil, err
	}
	list = make([]Session, len(rows))
	for i := range rows {
		if list[i], err = rows[i].session(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// TouchSession notes that a session was seen and moves its expiry. It fails
// with ErrNotFound.
func (s *Store) TouchSession(ctx context.Context, id [32]byte, seen, expires time.Time) (err error) {
	defer errs.Wrap(&err, "store: touch session")
	return affected(s.wdb.NewUpdate().Model((*sessionRow)(nil)).
		Set("seen_us = ?", micros(seen)).Set("expires_us = ?", micros(expires)).
		Where("id = ?", id[:]).Exec(ctx))
}

// DeleteSession signs a session out. One that is gone already is no error.
func (s *Store) DeleteSession(ctx context.Context, id [32]byte) (err error) {
	defer errs.Wrap(&err, "store: delete session")
	_, err = s.wdb.NewDelete().Model((*sessionRow)(nil)).Where("id = ?", id[:]).Exec(ctx)
	return err
}

// SweepSessions deletes the sessions that have expired at now and returns how
// many they were.
func (s *Store) SweepSessions(ctx context.Context, now time.Time) (n int64, err error) {
	defer errs.Wrap(&err, "store: sweep sessions")
	res, err := s.wdb.NewDelete().Model((*sessionRow)(nil)).Where("expires_us <= ?", micros(now)).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/plexus-gateway/plexus/internal/errs"
	"github.com/plexus-gateway/plexus/internal/secretbox"
)

type secretRow struct {
	bun.BaseModel `bun:"table:secrets"`

	Name      string `bun:",pk"`
	Sealed    []byte
	CreatedUS int64 `bun:"created_us"`
	UpdatedUS int64 `bun:"updated_us"`
}

// SecretInfo describes a secret without its value.
type SecretInfo struct {
	Name      string
	CreatedAt time.Time
	UpdatedAt time.Time
	Stale     bool // sealed by an older key of the ring: put it again to reseal it
}

// secretPlace binds an envelope to its row.
func secretPlace(name string) secretbox.Place {
	return secretbox.Place{Table: "secrets", Column: "sealed", Row: name}
}

// PutSecret stores a secret encrypted, replacing one of the same name.
func (s *Store) PutSecret(ctx context.Context, ring *secretbox.Ring, name string, value []byte, now time.Time) (err error) {
	defer errs.Wrap(&err, "store: put secret %q", name)
	sealed, err := ring.Seal(value, secretPlace(name))
	if err != nil {
		return err
	}
	row := &secretRow{Name: name, Sealed: sealed, CreatedUS: micros(now), UpdatedUS: micros(now)}
	_, err = s.wdb.NewInsert().Model(row).On("CONFLICT (name) DO UPDATE").
		Set("sealed = EXCLUDED.sealed").Set("updated_us = EXCLUDED.updated_us").Exec(ctx)
	return err
}

// Secret returns a secret decrypted. It fails with ErrNotFound, or with the
// errors of secretbox.Ring.Open when the row was tampered with or its key is
// not in the ring.
func (s *Store) Secret(ctx context.Context, ring *secretbox.Ring, name string) (value []byte, err error) {
	defer errs.Wrap(&err, "store: secret %q", name)
	var row secretRow
	if err := s.rdb.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx); err != nil {
		return nil, notFound(err)
	}
	return ring.Open(row.Sealed, secretPlace(name))
}

// Secrets lists the secrets by name, without their values.
func (s *Store) Secrets(ctx context.Context, ring *secretbox.Ring) (list []SecretInfo, err error) {
	defer errs.Wrap(&err, "store: list secrets")
	var rows []secretRow
	if err := s.rdb.NewSelect().Model(&rows).Order("name").Scan(ctx); err != nil {
		return nil, err
	}
	list = make([]SecretInfo, len(rows))
	for i, r := range rows {
		list[i] = SecretInfo{
			Name: r.Name, CreatedAt: fromMicros(r.CreatedUS), UpdatedAt: fromMicros(r.UpdatedUS),
			Stale: ring.Stale(r.Sealed),
		}
	}
	return list, nil
}

// DeleteSecret deletes a secret. It fails with ErrNotFound.
func (s *Store) DeleteSecret(ctx context.Context, name string) (err error) {
	defer errs.Wrap(&err, "store: delete secret %q", name)
	return affected(s.wdb.NewDelete().Model((*secretRow)(nil)).Where("name = ?", name).Exec(ctx))
}

package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/plexus-gateway/plexus/internal/errs"
)

type settingRow struct {
	bun.BaseModel `bun:"table:settings"`

	Name  string `bun:",pk"`
	Value []byte
}

// Setting returns a value, or ErrNotFound. Settings are not encrypted; see
// PutSecret for what must be.
func (s *Store) Setting(ctx context.Context, name string) (value []byte, err error) {
	defer errs.Wrap(&err, "store: setting %q", name)
	var row settingRow
	if err := s.rdb.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx); err != nil {
		return nil, notFound(err)
	}
	return row.Value, nil
}

// SettleSetting stores a value if there is none yet and returns the one that
// is stored: of two replicas that start at once both get the same.
func (s *Store) SettleSetting(ctx context.Context, name string, value []byte) (winner []byte, err error) {
	defer errs.Wrap(&err, "store: settle setting %q", name)
	_, err = s.wdb.NewInsert().Model(&settingRow{Name: name, Value: notNil(value)}).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return nil, err
	}
	return s.Setting(ctx, name)
}

// PutSetting stores a value, whatever was there.
func (s *Store) PutSetting(ctx context.Context, name string, value []byte) (err error) {
	defer errs.Wrap(&err, "store: put setting %q", name)
	_, err = s.wdb.NewInsert().Model(&settingRow{Name: name, Value: notNil(value)}).
		On("CONFLICT (name) DO UPDATE").Set("value = EXCLUDED.value").Exec(ctx)
	return err
}

// notNil stores no value as an empty one, not as NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

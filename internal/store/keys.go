package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/uptrace/bun"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/errs"
)

// keyRow is a row of keys.
type keyRow struct {
	bun.BaseModel `bun:"table:keys"`

	ID                string `bun:",pk"`
	Name              string
	Comment           string
	Digest            []byte
	Hint              string
	AllowedModels     stringList
	ExcludedModels    stringList
	AllowedProviders  stringList
	ExcludedProviders stringList
	AllowedIPs        stringList `bun:"allowed_ips"`
	RequestsPerMinute int
	MaxConcurrency    int
	StrictFidelity    bool
	ExpiresUS         *int64 `bun:"expires_us"`
	DisabledUS        *int64 `bun:"disabled_us"`
	CreatedUS         int64  `bun:"created_us"`
}

func keyToRow(k *authn.Key) *keyRow {
	return &keyRow{
		ID: k.ID, Name: k.Name, Comment: clean(k.Comment), Digest: k.Digest[:], Hint: k.Hint,
		AllowedModels: k.AllowedModels, ExcludedModels: k.ExcludedModels,
		AllowedProviders: k.AllowedProviders, ExcludedProviders: k.ExcludedProviders, AllowedIPs: k.AllowedIPs,
		RequestsPerMinute: k.RequestsPerMinute, MaxConcurrency: k.MaxConcurrency, StrictFidelity: k.StrictFidelity,
		ExpiresUS: optionalMicros(k.ExpiresAt), DisabledUS: optionalMicros(k.DisabledAt), CreatedUS: micros(k.CreatedAt),
	}
}

func (r *keyRow) key() (authn.Key, error) {
	k := authn.Key{
		ID: r.ID, Name: r.Name, Comment: r.Comment, Hint: r.Hint, Source: authn.FromDatabase,
		AllowedModels: r.AllowedModels, ExcludedModels: r.ExcludedModels,
		AllowedProviders: r.AllowedProviders, ExcludedProviders: r.ExcludedProviders, AllowedIPs: r.AllowedIPs,
		RequestsPerMinute: r.RequestsPerMinute, MaxConcurrency: r.MaxConcurrency, StrictFidelity: r.StrictFidelity,
		ExpiresAt: optionalTime(r.ExpiresUS), DisabledAt: optionalTime(r.DisabledUS), CreatedAt: fromMicros(r.CreatedUS),
	}
	if len(r.Digest) != len(k.Digest) {
		return k, fmt.Errorf("key %q has a digest of %d bytes", r.Name, len(r.Digest))
	}
	copy(k.Digest[:], r.Digest)
	return k, nil
}

// CreateKey adds a key. It fails with ErrExists when its id, name or digest is
// taken.
func (s *Store) CreateKey(ctx context.Context, k *authn.Key) (err error) {
	defer errs.Wrap(&err, "store: create key %q", k.Name)
	res, err := s.wdb.NewInsert().Model(keyToRow(k)).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orExists(err)
	}
	return nil
}

func orExists(err error) error {
	if err != nil {
		return err
	}
	return ErrExists
}

// Keys returns all keys by name, disabled and expired ones too.
func (s *Store) Keys(ctx context.Context) (keys []authn.Key, err error) {
	defer errs.Wrap(&err, "store: list keys")
	var rows []keyRow
	if err := s.rdb.NewSelect().Model(&rows).Order("name").Scan(ctx); err != nil {
		return nil, err
	}
	keys = make([]authn.Key, len(rows))
	for i := range rows {
		if keys[i], err = rows[i].key(); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// KeyByName returns a key, or ErrNotFound.
func (s *Store) KeyByName(ctx context.Context, name string) (k authn.Key, err error) {
	defer errs.Wrap(&err, "store: key %q", name)
	var row keyRow
	if err := s.rdb.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx); err != nil {
		return k, notFound(err)
	}
	return row.key()
}

// UpdateKey stores everything about the key with k's id that may change: the
// comment, the lists, the limits, the expiry. It fails with ErrNotFound.
func (s *Store) UpdateKey(ctx context.Context, k *authn.Key) (err error) {
	defer errs.Wrap(&err, "store: update key %q", k.Name)
	return affected(s.wdb.NewUpdate().Model(keyToRow(k)).
		Column("comment", "allowed_models", "excluded_models", "allowed_providers", "excluded_providers",
			"allowed_ips", "requests_per_minute", "max_concurrency", "strict_fidelity", "expires_us").
		WherePK().Exec(ctx))
}

// SetKeyDisabled disables a key from a time on, or enables it with nil. It
// fails with ErrNotFound.
func (s *Store) SetKeyDisabled(ctx context.Context, id string, at *time.Time) (err error) {
	defer errs.Wrap(&err, "store: disable key %s", id)
	return affected(s.wdb.NewUpdate().Model((*keyRow)(nil)).
		Set("disabled_us = ?", optionalMicros(at)).Where("id = ?", id).Exec(ctx))
}

// DeleteKey deletes a key. Its requests keep its name. It fails with
// ErrNotFound.
func (s *Store) DeleteKey(ctx context.Context, id string) (err error) {
	defer errs.Wrap(&err, "store: delete key %s", id)
	return affected(s.wdb.NewDelete().Model((*keyRow)(nil)).Where("id = ?", id).Exec(ctx))
}

// KeysRevision returns a number that grows with every change of any key,
// whichever process made it: a trigger counts. Reading it costs one look-up of
// a row, so it can be polled.
func (s *Store) KeysRevision(ctx context.Context) (revision int64, err error) {
	defer errs.Wrap(&err, "store: revision of the keys")
	err = s.read.QueryRowContext(ctx, "SELECT revision FROM revisions WHERE name = 'keys'").Scan(&revision)
	return revision, err
}

func optionalMicros(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	us := t.UnixMicro()
	return &us
}

func optionalTime(us *int64) *time.Time {
	if us == nil {
		return nil
	}
	t := time.UnixMicro(*us).UTC()
	return &t
}

// stringList is a list kept as a JSON array in a text column.
type stringList []string

// Value implements driver.Valuer.
func (l stringList) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal([]string(l))
	return string(b), err
}

// Scan implements sql.Scanner.
func (l *stringList) Scan(v any) error {
	var text []byte
	switch v := v.(type) {
	case string:
		text = []byte(v)
	case []byte:
		text = v
	default:
		return fmt.Errorf("store: list column holds %T", v)
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("store: list column: %w", err)
	}
	*l = nil
	if len(list) > 0 {
		*l = list
	}
	return nil
}

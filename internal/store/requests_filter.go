package store

import (
	"encoding/hex"
	"strings"

	"github.com/google/uuid"

	"github.com/plexus-gateway/plexus/internal/record"
)

// conditions collects the WHERE clause of a statement. Its texts are constants
// of this package; values travel as parameters only.
type conditions struct {
	texts []string
	args  []any
}

func (c *conditions) add(text string, args ...any) {
	c.texts = append(c.texts, text)
	c.args = append(c.args, args...)
}

func (c *conditions) sql() string {
	if len(c.texts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.texts, " AND ")
}

// after limits to the rows behind (value, id) in the direction of the sort.
func (c *conditions) after(keyset string, asc bool, value, id any) {
	op := " < "
	if asc {
		op = " > "
	}
	c.add("("+keyset+", id)"+op+"(?, ?)", value, id)
}

// oneOf matches names without regard to case.
func (c *conditions) oneOf(column string, values []string) {
	if len(values) == 0 {
		return
	}
	marks := make([]string, len(values))
	args := make([]any, len(values))
	for i, v := range values {
		marks[i], args[i] = "lower(?)", clean(v)
	}
	c.add("lower("+column+") IN ("+strings.Join(marks, ", ")+")", args...)
}

// where translates a filter.
func (s *Store) where(f record.Filter) *conditions {
	c := &conditions{}
	if !f.From.IsZero() {
		c.add("start_us >= ?", micros(f.From))
	}
	if !f.To.IsZero() {
		c.add("start_us < ?", micros(f.To))
	}
	if len(f.Status) > 0 {
		args := make([]any, len(f.Status))
		for i, v := range f.Status {
			args[i] = int64(v)
		}
		c.add("status IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	}
	c.oneOf("key_name", f.Key)
	c.oneOf("label", f.Label)
	c.oneOf("alias", f.Alias)
	c.oneOf("provider", f.Provider)
	c.oneOf("model", f.Model)
	c.oneOf("protocol_in", f.Protocol)
	c.oneOf("error_kind", f.ErrorKind)
	if f.Streamed != nil {
		c.add("streamed = ?", *f.Streamed)
	}
	if f.Text != "" {
		s.addText(c, f.Text)
	}
	return c
}

// addText matches a leading part of the id or any part of the error message.
func (s *Store) addText(c *conditions, text string) {
	like := "error_message LIKE ? ESCAPE '!'" // SQLite's LIKE ignores case
	if s.engine == Postgres {
		like = "error_message ILIKE ? ESCAPE '!'"
	}
	pattern := "%" + escapeLike.Replace(clean(text)) + "%"
	if low, high, ok := idRange(text); ok {
		c.add("(id BETWEEN ? AND ? OR "+like+")", s.id(low), s.id(high), pattern)
		return
	}
	c.add(like, pattern)
}

// escapeLike makes a text match itself in LIKE … ESCAPE '!'.
var escapeLike = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// idRange returns the ids that begin with the text, with or without hyphens.
func idRange(text string) (low, high uuid.UUID, ok bool) {
	digits := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(text), "-", ""))
	if digits == "" || len(digits) > 32 {
		return low, high, false
	}
	fill := func(digit string) (id uuid.UUID, err error) {
		_, err = hex.Decode(id[:], []byte(digits+strings.Repeat(digit, 32-len(digits))))
		return id, err
	}
	low, err := fill("0")
	if err != nil {
		return low, high, false
	}
	high, err = fill("f")
	return low, high, err == nil
}

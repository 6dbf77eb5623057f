package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The quarantine folder is in the journal's directory. Damaged bytes go to a
// file per place, <segment>-<offset>.damaged; records the database refuses go
// as frames to rejected.frames. Nothing in it is ever deleted by Plexus.
const (
	quarantineDir = "quarantine"
	rejectedFile  = "rejected.frames"
)

// quarantineDamage keeps bytes of a segment that are not a readable record.
func (j *Journal) quarantineDamage(at position, b []byte, why error) error {
	name := fmt.Sprintf("%020d-%d.damaged", at.seq, at.off)
	path := filepath.Join(j.dir, quarantineDir, name)
	_, err := os.Stat(path)
	known := err == nil // a restart before the next checkpoint sees it again
	if err := j.setAside(path, b, os.O_TRUNC); err != nil {
		return err
	}
	if !known {
		j.countQuarantined()
		j.report("damaged bytes were set aside", fmt.Errorf("segment %s, offset %d, %d bytes: %w",
			segmentName(j.dir, at.seq), at.off, len(b), why), "kept_in", path)
	}
	return nil
}

// quarantineRecord keeps a record that the database refuses for ever.
func (j *Journal) quarantineRecord(r *Record, why error) error {
	frame, err := appendFrame(nil, r)
	if err != nil {
		return err
	}
	path := filepath.Join(j.dir, quarantineDir, rejectedFile)
	if err := j.setAside(path, frame, os.O_APPEND); err != nil {
		return err
	}
	j.countQuarantined()
	j.report("the database refuses a record; it was set aside", why, "id", r.ID.String(), "kept_in", path)
	return nil
}

func (j *Journal) countQuarantined() {
	j.mu.Lock()
	j.quarantined++
	j.mu.Unlock()
}

// setAside writes b durably, for its segment may be deleted next.
func (j *Journal) setAside(path string, b []byte, mode int) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("record: quarantine: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|mode, 0o600)
	if err != nil {
		return fmt.Errorf("record: quarantine: %w", err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("record: quarantine: %w", err)
	}
	return nil
}

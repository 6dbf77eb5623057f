package errs_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/errs"
)

func TestWrap(t *testing.T) {
	read := func(inner error) (err error) {
		defer errs.Wrap(&err, "read %q", "a%sb")
		return inner
	}
	require.NoError(t, read(nil))
	err := read(io.ErrUnexpectedEOF)
	require.EqualError(t, err, `read "a%sb": unexpected EOF`)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

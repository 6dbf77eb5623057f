//go:build !unix || solaris || aix

package filelock

import "os"

// flock does nothing where the system has no flock(2).
func flock(*os.File, bool) error { return nil }

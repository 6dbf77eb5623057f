package store_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDirEnv); dir != "" {
		fmt.Fprintln(os.Stderr, "crash child:", crashChild(dir, os.Getenv(crashFirstEnv)))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

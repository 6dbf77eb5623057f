package proc

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseCPU reads the time column of ps: [[days-]hours:]minutes:seconds[.hundredths].
func parseCPU(s string) (time.Duration, error) {
	rest, days := s, 0
	if d, r, ok := strings.Cut(s, "-"); ok {
		n, err := strconv.Atoi(d)
		if err != nil {
			return 0, fmt.Errorf("time of ps %q: %w", s, err)
		}
		days, rest = n, r
	}
	total := 0.0
	for part := range strings.SplitSeq(rest, ":") {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return 0, fmt.Errorf("time of ps %q: %w", s, err)
		}
		total = total*60 + v
	}
	return time.Duration(days)*24*time.Hour + time.Duration(total*float64(time.Second)), nil
}

package admin_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/admin"
)

func TestDecimalUSD(t *testing.T) {
	tests := []struct {
		name string
		nano int64
		want string
	}{
		{"zero", 0, "0"},
		{"one nano-dollar", 1, "0.000000001"},
		{"no trailing zeros", 1_500_000_000, "1.5"},
		{"whole", 42_000_000_000, "42"},
		{"negative", -1_234_000, "-0.001234"},
		{"largest", math.MaxInt64, "9223372036.854775807"},
		{"smallest", math.MinInt64, "-9223372036.854775808"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, admin.DecimalUSD(tt.nano)) })
	}
}

func TestAttemptsAreBoundedInMemoryAndTogether(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := admin.NewAttempts(func() time.Time { return now })
	refused := 0
	for i := range admin.AttemptsMaxTracked + 100 {
		if a.Take(string(rune(i))) > 0 {
			refused++
		}
	}
	require.LessOrEqual(t, a.Tracked(), admin.AttemptsMaxTracked)
	require.Equal(t, admin.AttemptsMaxTracked+100-admin.AttemptsAll, refused, "many addresses share one limit")
	now = now.Add(admin.AttemptsAll * admin.AttemptRegainAll)
	require.Zero(t, a.Take("again"))
}

func TestBearer(t *testing.T) {
	tests := []struct {
		name, header, want string
		ok                 bool
	}{
		{"plain", "Bearer abc", "abc", true},
		{"any case", "bEARER  abc ", "abc", true},
		{"other scheme", "Basic abc", "", false},
		{"empty", "Bearer ", "", false},
		{"absent", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := admin.Bearer(http.Header{"Authorization": {tt.header}}.Get("Authorization"))
			require.Equal(t, tt.ok, ok)
			require.Equal(t, tt.want, got)
		})
	}
}

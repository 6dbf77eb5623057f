package authn_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/llm"
)

func TestIPRules(t *testing.T) {
	for _, tt := range []struct {
		rule    string
		in, out []string
	}{
		{"10.0.0.7", []string{"10.0.0.7", "::ffff:10.0.0.7"}, []string{"10.0.0.8", "::10.0.0.7", "10.0.0.6"}},
		{"::ffff:10.0.0.7", []string{"10.0.0.7"}, []string{"10.0.0.8"}},
		{"10.1.2.3/8", []string{"10.0.0.0", "10.255.255.255", "::ffff:10.9.9.9"}, []string{"11.0.0.0", "9.255.255.255", "::a00:1"}},
		{"::ffff:10.0.0.0/104", []string{"10.0.0.0", "10.255.255.255"}, []string{"11.0.0.0"}},
		{"10.0.0.7/32", []string{"10.0.0.7"}, []string{"10.0.0.8"}},
		{"10.0.0.6/31", []string{"10.0.0.6", "10.0.0.7"}, []string{"10.0.0.5", "10.0.0.8"}},
		{"0.0.0.0/0", []string{"0.0.0.0", "255.255.255.255"}, []string{"::1"}},
		{"::/0", []string{"::", "::1", "ffff::"}, []string{"1.2.3.4", "::ffff:1.2.3.4"}},
		{"2001:db8::/33", []string{"2001:db8::1", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"}, []string{"2001:db8:8000::"}},
		{"10.0.0.3-10.0.0.5", []string{"10.0.0.3", "10.0.0.4", "10.0.0.5"}, []string{"10.0.0.2", "10.0.0.6"}},
		{"10.0.0.3 - 5", []string{"10.0.0.3", "10.0.0.5"}, []string{"10.0.0.6"}},
		{"2001:db8::1-2001:db8::ff", []string{"2001:db8::1", "2001:db8::ff"}, []string{"2001:db8::100", "2001:db8::"}},
		{"::1", []string{"::1"}, []string{"127.0.0.1"}},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			table, err := authn.NewTable([]authn.Key{{Name: "k", Digest: [32]byte{1}, AllowedIPs: []string{tt.rule}}})
			require.NoError(t, err)
			k := table.Find([32]byte{1})
			for _, a := range tt.in {
				require.Nil(t, k.Admit(time.Time{}, netip.MustParseAddr(a)), a)
			}
			for _, a := range tt.out {
				e := k.Admit(time.Time{}, netip.MustParseAddr(a))
				require.NotNil(t, e, a)
				require.Equal(t, "ip_not_allowed", e.Code)
				require.Equal(t, llm.KindPermission, e.Kind)
			}
			require.NotNil(t, k.Admit(time.Time{}, netip.Addr{}), "an address nobody knows is not allowed")
		})
	}
}

func TestIPRulesThatCannotBeRead(t *testing.T) {
	for _, rule := range []string{
		"", "*", "10.0.0", "10.0.0.0/33", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", "::1-1", "10.0.0.1-", "-10.0.0.1", "10.0.0.1-300", "example.org", "10.0.0.1-2-3", "10.0.0.0/8/8",
	} {
		_, _, err := authn.ParseIPRule(rule)
		require.Error(t, err, rule)
		require.ErrorContains(t, err, "want", rule)
		_, err = authn.NewTable([]authn.Key{{Name: "k", AllowedIPs: []string{"10.0.0.1", rule}}})
		require.ErrorContains(t, err, `key "k": allowed_ips`)
	}
}

// TestCIDRIsWhatNetipSays: bounds of any prefix hold exactly its addresses.
func TestCIDRIsWhatNetipSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var raw [16]byte
		copy(raw[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))
		a := netip.AddrFrom16(raw)
		if rapid.Bool().Draw(t, "v4") {
			a = netip.AddrFrom4([4]byte(raw[:4]))
		}
		p := netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "bits"))
		from, to, err := authn.ParseIPRule(p.String())
		if a.Is4In6() {
			return // unmapped, see TestIPRules
		}
		if err != nil || !p.Contains(from) || !p.Contains(to) || p.Contains(from.Prev()) || p.Contains(to.Next()) {
			t.Fatalf("%s: %s to %s, %v", p, from, to, err)
		}
	})
}

func TestModelAndProviderRules(t *testing.T) {
	for _, tt := range []struct {
		name        string
		allow, deny []string
		ask         []string
		want        bool
	}{
		{"no rule", nil, nil, []string{"m"}, true},
		{"allowed", []string{"m*"}, nil, []string{"m1"}, true},
		{"not allowed", []string{"m*"}, nil, []string{"n"}, false},
		{"allowed by another name", []string{"n"}, nil, []string{"m", "n"}, true},
		{"excluded", nil, []string{"m"}, []string{"m"}, false},
		{"exclusion wins", []string{"m"}, []string{"*"}, []string{"m"}, false},
		{"excluded by another name", []string{"m"}, []string{"n"}, []string{"m", "n"}, false},
		{"nothing asked, something demanded", []string{"m"}, nil, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table, err := authn.NewTable([]authn.Key{{AllowedModels: tt.allow, ExcludedModels: tt.deny, AllowedProviders: tt.allow, ExcludedProviders: tt.deny}})
			require.NoError(t, err)
			k := table.Find([32]byte{})
			require.Equal(t, tt.want, k.MayUseModel(tt.ask...))
			require.Equal(t, len(tt.deny) > 0, k.ExcludesModel(tt.ask...))
			if len(tt.ask) == 1 {
				require.Equal(t, tt.want, k.MayUseProvider(tt.ask[0]))
			}
		})
	}
}

func TestAdmitByTime(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	later, earlier := now.Add(time.Nanosecond), now.Add(-time.Hour)
	admit := func(k authn.Key) *llm.Error {
		table, err := authn.NewTable([]authn.Key{k})
		require.NoError(t, err)
		return table.Find(k.Digest).Admit(now, netip.Addr{})
	}
	require.Nil(t, admit(authn.Key{}))
	require.Nil(t, admit(authn.Key{ExpiresAt: &later}))
	require.Equal(t, "key_expired", admit(authn.Key{ExpiresAt: &now}).Code, "at its time it is over")
	require.Equal(t, "key_expired", admit(authn.Key{ExpiresAt: &earlier, DisabledAt: &earlier}).Code)
	require.Equal(t, "key_disabled", admit(authn.Key{DisabledAt: &later}).Code)
}

func TestTable(t *testing.T) {
	table, err := authn.NewTable([]authn.Key{{Name: "a", Digest: [32]byte{1}}, {Name: "b", Digest: [32]byte{2}}})
	require.NoError(t, err)
	require.Equal(t, 2, table.Len())
	require.Equal(t, "b", table.Find([32]byte{2}).Key.Name)
	require.Nil(t, table.Find([32]byte{3}))
	_, err = authn.NewTable([]authn.Key{{Name: "a", Digest: [32]byte{1}}, {Name: "b", Digest: [32]byte{1}}})
	require.ErrorContains(t, err, `"a" and "b" have the same secret`)
	empty, err := authn.NewTable(nil)
	require.NoError(t, err)
	require.Nil(t, empty.Find([32]byte{}))
}

package archtest

// Rule says what the packages that match Package may import of ours. A pattern
// is a path below the module: "internal/llm" is that package, "internal/wire/*"
// every package below internal/wire, "*" everything that is not for tests only.
type Rule struct {
	Package string
	Imports []string
}

// everyone may be imported by every package.
func everyone() []string { return []string{"internal/errs", "internal/ctxkey"} }

// testOnly are the packages that only tests may import.
func testOnly() []string {
	return []string{
		"internal/archtest",
		"internal/fakeupstream",
		"internal/admin/admintest",
		"internal/store/storetest",
		"internal/vendor/vendortest",
		"internal/wire/wiretest",
	}
}

// Table returns the rules; the first whose pattern matches a package holds for
// it. A package without a rule is an error: say what it may import.
func Table() []Rule {
	return []Rule{
		// The language: pure, no I/O.
		{"internal/errs", nil},
		{"internal/ctxkey", nil},
		{"internal/money", nil},
		{"internal/llm", []string{"internal/money"}},

		// Protocols: a codec never imports another codec.
		{"internal/wire/jsonspan", nil},
		{"internal/wire/sse", nil},
		{"internal/wire/wiretest", []string{"internal/llm", "internal/wire", "internal/wire/*"}},
		{"internal/wire", []string{"internal/llm", "internal/wire/jsonspan", "internal/wire/sse"}},
		{"internal/wire/openai", []string{"internal/llm", "internal/wire", "internal/wire/jsonspan", "internal/wire/sse"}}, // what the codecs of one family share; itself no codec
		{"internal/wire/wirejson", []string{"internal/llm"}},
		{"internal/wire/*", []string{
			"internal/llm", "internal/wire", "internal/wire/jsonspan", "internal/wire/sse", "internal/wire/openai", "internal/wire/wirejson",
		}},

		// Vendors: data first, code where data cannot say it.
		{"internal/catalog", []string{"internal/llm", "internal/money"}},
		{"internal/vendor/vendortest", []string{"internal/llm", "internal/catalog", "internal/vendor", "internal/upstream", "internal/fakeupstream"}},
		{"internal/vendor", vendorImports()},
		{"internal/vendor/*", append(vendorImports(), "internal/vendor")},
		{"internal/upstream", []string{"internal/llm", "internal/catalog", "internal/demo"}},
		{"internal/quota", []string{"internal/llm", "internal/money", "internal/catalog", "internal/upstream"}},
		{"internal/demo", []string{"internal/llm", "internal/wire/jsonspan", "internal/wire/sse"}},
		{"internal/fakeupstream", []string{"internal/wire/sse"}},

		// The data plane: never store, admin or people.
		{"internal/route", append(dataPlane(), "internal/config", "internal/authn")},
		{"internal/route/*", append(dataPlane(), "internal/route")},
		{"internal/health", dataPlane()},
		{"internal/limit", dataPlane()},
		{"internal/price", []string{"internal/llm", "internal/money", "internal/catalog"}},
		{"internal/ledger", []string{"internal/llm", "internal/money", "internal/record"}},
		{"internal/record/filelock", nil},
		{"internal/record", []string{"internal/llm", "internal/money", "internal/record/filelock"}},
		{"internal/record/*", []string{"internal/llm", "internal/record", "internal/record/filelock"}},
		{"internal/policy", []string{"internal/llm"}},
		{"internal/conversation", []string{"internal/llm", "internal/wire/jsonspan", "internal/wire/wirejson"}},
		{"internal/vault", []string{"internal/llm", "internal/secretbox"}},
		{"internal/tokens", []string{"internal/llm"}},
		{"internal/relay", relayImports()},

		// The control plane: never the tables, only ports.
		{"internal/config", []string{"internal/llm", "internal/money", "internal/catalog"}},
		{"internal/secretbox", nil},
		{"internal/authn", []string{"internal/llm", "internal/money", "internal/secretbox"}},
		{"internal/tenant", []string{"internal/llm", "internal/money", "internal/authn"}},
		{"internal/audit", []string{"internal/llm", "internal/authn", "internal/tenant"}},
		{"internal/admin/admintest", append(adminImports(), "internal/admin", "internal/ui")},
		{"internal/admin/admintest/*", append(adminImports(), "internal/admin", "internal/admin/admintest", "internal/ui")},
		{"internal/admin", adminImports()},
		{"internal/ui", nil},

		// Adapters: they implement ports of the packages they import.
		{"internal/store/storetest", append(storeImports(), "internal/store")},
		{"internal/store", append(storeImports(), "internal/store/*")},
		{"internal/store/*", storeImports()},
		{"internal/state", nil},
		{"internal/state/*", []string{"internal/state", "internal/limit"}},
		{"internal/telemetry", []string{"internal/llm", "internal/money", "internal/record"}},

		// The wiring.
		{"internal/app", []string{"*"}},
		{"cmd/plexus", []string{"internal/app", "internal/config", "internal/admin", "internal/authn"}}, // key commands speak the words of the API
		{"internal/archtest", nil},
		{"bench", []string{"bench/*"}},
		{"bench/*", []string{"bench/*"}},
		{"e2e", []string{"internal/app", "internal/config", "internal/record"}},
	}
}

func vendorImports() []string {
	return []string{"internal/llm", "internal/money", "internal/wire", "internal/catalog", "internal/upstream"}
}

func dataPlane() []string {
	return []string{"internal/llm", "internal/money", "internal/catalog", "internal/state", "internal/health"}
}

func relayImports() []string {
	return []string{
		"internal/llm", "internal/money", "internal/wire", "internal/wire/*", "internal/catalog", "internal/vendor", "internal/upstream",
		"internal/route", "internal/health", "internal/limit", "internal/price", "internal/ledger", "internal/record", "internal/record/*", "internal/policy",
		"internal/authn", "internal/vault", "internal/conversation",
	}
}

func adminImports() []string {
	return []string{
		"internal/llm", "internal/money", "internal/catalog", "internal/record", "internal/authn", "internal/tenant", "internal/audit",
		"internal/route", "internal/health", "internal/limit", "internal/price", "internal/ledger", "internal/quota",
	}
}

func storeImports() []string {
	return []string{
		"internal/llm", "internal/money", "internal/record", "internal/authn", "internal/tenant", "internal/audit", "internal/ledger",
		"internal/price", "internal/quota", "internal/secretbox", "internal/conversation", "internal/state", "internal/record/filelock",
	}
}

// vendorFolders are where a vendor may be known by its id.
func vendorFolders() []string {
	return []string{"internal/catalog", "internal/vendor", "internal/quota"}
}

// vendorExceptions allow one id in more places. The demo is not only a vendor:
// it is the provider that stands in when nothing is configured, and a scheme
// of base URLs.
func vendorExceptions() map[string][]string {
	return map[string][]string{
		"demo": {"internal/app", "internal/config", "internal/demo", "internal/upstream", "cmd/plexus"},
	}
}

package config

// descriptions says what each key means, by its path; * stands for a name that
// people choose or for the place in a list. The schema and the reference show
// it. A test compares the table with the structs.
func descriptions() map[string]string {
	return map[string]string{
		"server":                 "How clients reach the gateway.",
		"server.listen":          "Address to listen on, host:port; :port listens on every address.",
		"server.tls_cert":        "PEM file with the certificate chain. Serves TLS together with tls_key.",
		"server.tls_key":         "PEM file with the private key of tls_cert.",
		"server.max_body_bytes":  "Largest request body, after decompression. 1KiB to 4GiB.",
		"server.trusted_proxies": "Addresses and CIDR ranges of the proxies whose X-Forwarded-For is believed. None by default: then the peer's address is the client's.",
		"server.drain_timeout":   "How long running requests may take to end when the gateway stops. At most 1h.",
		"server.pprof_listen":    "Loopback address for Go's profiles, e.g. 127.0.0.1:6060. Off by default.",

		"redis":               "Where replicas share what need not last, such as the reasoning vault.",
		"redis.url":           "redis://… or rediss://…. Without it a gateway keeps this in memory, which suffices for one.",
		"retention.responses": "How long responses and conversations that clients of the Responses API let the gateway store are kept since they were last used.",
		"database":            "Where state lives.",
		"database.url":        "postgres://… or sqlite:path. By default an SQLite file in the data directory. The environment variables DATABASE_URL and PLEXUS_DB_URL override it; the latter wins.",

		"journal":                "The crash-safe log that finished requests pass through on their way to the database.",
		"journal.fsync":          "When the journal is forced to disk: interval (every fsync_interval), always (before a request is answered), never (when the operating system likes).",
		"journal.fsync_interval": "The interval of fsync: interval. 1ms to 1m.",
		"journal.max_bytes":      "How far the journal may grow while the database is away. At least 1MiB.",

		"log":        "What is logged and how.",
		"log.level":  "The least important level that is logged.",
		"log.format": "The form of a line: text for people, json for machines.",

		"retention":          "How long data is kept.",
		"retention.requests": "How long the records of requests are kept; 0s keeps them for ever.",

		"providers":                 "Configured connections to vendors, by slug.",
		"providers.*.display_name":  "Name for people. The slug by default.",
		"providers.*.vendor":        "What kind of upstream it is: an id of the vendor catalog. It supplies base_url, the way to authenticate, models and allow_private where the file is silent.",
		"providers.*.base_url":      "URL up to and including the version segment, or a mapping of protocol to URL. One URL alone is taken to speak what the catalog knows of its host, otherwise openai.chat, openai.embeddings and openai.completions. The vendor's by default.",
		"providers.*.api_key":       "The provider's credential. ${secret:NAME} refers to a secret stored encrypted in the gateway.",
		"providers.*.headers":       "Further headers for every request to the provider; they replace those the gateway would send. Values may be ${secret:NAME}.",
		"providers.*.models":        "The provider's models: a list of names, or a mapping of name to settings. The vendor's by default.",
		"providers.*.models.*.type": "What the model is asked for.",
		"providers.*.enabled":       "Whether requests may go to the provider.",
		"providers.*.timeout":       "From sending a request to the first byte of its answer. 1ms to 24h.",
		"providers.*.allow_private": "Whether the provider may be on a private or loopback address. False by default, unless the vendor is one that runs locally.",
		"providers.*.http2":         "Force HTTP/2 on or off. By default the connection negotiates it.",

		"models":                      "Public model names (aliases) and where their requests may go.",
		"models.*.targets":            "The upstream models that may serve the alias. At least one.",
		"models.*.targets.*.provider": "Slug of a provider.",
		"models.*.targets.*.model":    "Name of the model as the provider spells it.",
		"models.*.targets.*.weight":   "Share of the requests, relative to the other targets. 1 to 1000000.",
		"models.*.targets.*.enabled":  "Whether requests may go to the target.",
		"models.*.provider":           "Short form of one target: slug of its provider.",
		"models.*.model":              "Short form of one target: name of the model as the provider spells it.",
		"models.*.additional_aliases": "Further public names of the alias.",
		"models.*.strict_fidelity":    "Refuse requests that could only be served by leaving something out or changing it on the way to another protocol.",

		"keys":                       "Clients' credentials, by name.",
		"keys.*.secret":              "What the client presents: at least 16 characters, without a colon (which starts the attribution label).",
		"keys.*.comment":             "A note for people.",
		"keys.*.allowed_models":      "Aliases the key may use; * stands for any characters. Empty allows all.",
		"keys.*.excluded_models":     "Aliases the key may not use; wins over allowed_models.",
		"keys.*.allowed_providers":   "Providers the key's requests may go to; * stands for any characters. Empty allows all.",
		"keys.*.excluded_providers":  "Providers the key's requests may not go to; wins over allowed_providers.",
		"keys.*.allowed_ips":         "Where the key may be used from: addresses, CIDR ranges, ranges like 10.0.0.1-10.0.0.9 or 10.0.0.1-9. Empty allows all.",
		"keys.*.expires_at":          "When the key ends: a date (its first instant, UTC) or an RFC 3339 time.",
		"keys.*.disabled":            "Whether the key is refused.",
		"keys.*.requests_per_minute": "Most requests per minute; 0 is unlimited.",
		"keys.*.max_concurrency":     "Most requests at the same time; 0 is unlimited.",
		"keys.*.strict_fidelity":     "Refuse requests that could only be served by leaving something out or changing it on the way to another protocol.",
	}
}

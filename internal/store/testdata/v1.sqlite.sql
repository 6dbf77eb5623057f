CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE requests (
    id                    BLOB    NOT NULL PRIMARY KEY, -- UUIDv7, 16 bytes
    start_us              INTEGER NOT NULL,
    duration_us           INTEGER NOT NULL,
    ttft_us               INTEGER NOT NULL,
    status                INTEGER NOT NULL, -- record.Status
    priced                INTEGER NOT NULL,
    cost_nano             INTEGER NOT NULL,
    input_tokens          INTEGER NOT NULL,
    output_tokens         INTEGER NOT NULL,
    streamed              INTEGER NOT NULL,
    key_name              TEXT    NOT NULL,
    alias                 TEXT    NOT NULL,
    provider              TEXT    NOT NULL,
    model                 TEXT    NOT NULL,
    label                 TEXT    NOT NULL,
    protocol_in           TEXT    NOT NULL,
    error_kind            TEXT    NOT NULL,
    usage_source          TEXT    NOT NULL,
    cache_read_tokens     INTEGER NOT NULL,
    cache_write_tokens    INTEGER NOT NULL,
    cache_write_1h_tokens INTEGER NOT NULL,
    reasoning_tokens      INTEGER NOT NULL,
    error_message         TEXT    NOT NULL,
    detail                TEXT    NOT NULL -- JSON object of what is only shown, not searched or summed
) STRICT;
CREATE INDEX requests_start ON requests (start_us, id);
CREATE TABLE keys (
    id                  TEXT    NOT NULL PRIMARY KEY,
    name                TEXT    NOT NULL UNIQUE,
    comment             TEXT    NOT NULL,
    digest              BLOB    NOT NULL UNIQUE, -- HMAC-SHA256 of the secret
    hint                TEXT    NOT NULL,
    allowed_models      TEXT    NOT NULL, -- the lists are JSON arrays
    excluded_models     TEXT    NOT NULL,
    allowed_providers   TEXT    NOT NULL,
    excluded_providers  TEXT    NOT NULL,
    allowed_ips         TEXT    NOT NULL,
    requests_per_minute INTEGER NOT NULL,
    max_concurrency     INTEGER NOT NULL,
    expires_us          INTEGER,
    disabled_us         INTEGER,
    created_us          INTEGER NOT NULL
) STRICT;
CREATE TABLE revisions (
    name     TEXT    NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
    id         BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the token
    created_us INTEGER NOT NULL,
    seen_us    INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    ip         TEXT    NOT NULL,
    user_agent TEXT    NOT NULL
) STRICT;
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
INSERT INTO goose_db_version VALUES (1, 0, 1, '2026-11-22 00:00:00');
INSERT INTO goose_db_version VALUES (2, 1, 1, '2026-11-22 00:00:00');
INSERT INTO requests VALUES (X'0199a1b2c3d47e5f8a9b0c1d2e3f4a5b', 1790000000000000, 2500000, 350000, 1, 1, 1234567, 1200, 321, 1, 'ci', 'fast', 'moonshot', 'kimi-k2-turbo', 'nightly', 'openai.chat', '', 'upstream', 1024, 7, 8, 64, 'it''s fine', '{"reported_cost_nano":99,"http_status":200,"attempts":1,"passthrough":true,"request_bytes":10240,"response_bytes":40960,"protocol_out":"openai.chat","served_model":"kimi-k2-turbo-preview","finish_reason":"stop","upstream_id":"chatcmpl-1","key_id":"k-1","client_ip":"10.1.2.3","client_request_id":"c-1","method":"POST","path":"/v1/chat/completions"}');
INSERT INTO keys VALUES ('0199a1b2-0000-7000-8000-000000000001', 'ci', 'for the build', X'abababababababababababababababababababababababababababababababab', 'wxyz', '["gpt-*"]', '[]', '[]', '["acme"]', '["10.0.0.0/8"]', 60, 4, 1890000000000000, NULL, 1790000000000000);
INSERT INTO revisions VALUES ('keys', 1);
INSERT INTO sessions VALUES (X'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 1790000000000000, 1790000001000000, 1890000000000000, '10.1.2.3', 'Firefox');
INSERT INTO settings VALUES ('install_id', X'0102');
CREATE TRIGGER keys_inserted AFTER INSERT ON keys BEGIN
    UPDATE revisions SET revision = revision + 1 WHERE name = 'keys';
END;
CREATE TRIGGER keys_updated AFTER UPDATE ON keys BEGIN
    UPDATE revisions SET revision = revision + 1 WHERE name = 'keys';
END;
CREATE TRIGGER keys_deleted AFTER DELETE ON keys BEGIN
    UPDATE revisions SET revision = revision + 1 WHERE name = 'keys';
END;

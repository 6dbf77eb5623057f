-- Times are microseconds since 1970, UTC; durations microseconds; money
-- nano-dollars. An empty text or a zero duration means "not known".

-- +goose Up
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

-- A revision grows with every change of its table, whoever makes it.
CREATE TABLE revisions (
    name     TEXT    NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO revisions (name, revision) VALUES ('keys', 0);

-- +goose StatementBegin
CREATE TRIGGER keys_inserted AFTER INSERT ON keys BEGIN
    UPDATE revisions SET revision = revision + 1 WHERE name = 'keys';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER keys_updated AFTER UPDATE ON keys BEGIN
    UPDATE revisions SET revision = revision + 1 WHERE name = 'keys';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER keys_deleted AFTER DELETE ON keys BEGIN
    UPDATE revisions SET revision = revision + 1 WHERE name = 'keys';
END;
-- +goose StatementEnd

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

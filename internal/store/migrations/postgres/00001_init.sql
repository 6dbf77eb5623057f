-- Times are microseconds since 1970, UTC; durations microseconds; money
-- nano-dollars. An empty text or a zero duration means "not known".

-- +goose Up
CREATE TABLE requests (
    id                    uuid     NOT NULL PRIMARY KEY, -- UUIDv7
    start_us              bigint   NOT NULL,
    duration_us           bigint   NOT NULL,
    ttft_us               bigint   NOT NULL,
    status                smallint NOT NULL, -- record.Status
    priced                boolean  NOT NULL,
    cost_nano             bigint   NOT NULL,
    input_tokens          bigint   NOT NULL,
    output_tokens         bigint   NOT NULL,
    streamed              boolean  NOT NULL,
    key_name              text     NOT NULL,
    alias                 text     NOT NULL,
    provider              text     NOT NULL,
    model                 text     NOT NULL,
    label                 text     NOT NULL,
    protocol_in           text     NOT NULL,
    error_kind            text     NOT NULL,
    usage_source          text     NOT NULL,
    cache_read_tokens     bigint   NOT NULL,
    cache_write_tokens    bigint   NOT NULL,
    cache_write_1h_tokens bigint   NOT NULL,
    reasoning_tokens      bigint   NOT NULL,
    error_message         text     NOT NULL,
    detail                text     NOT NULL -- JSON object of what is only shown, not searched or summed
);

CREATE INDEX requests_start ON requests (start_us, id);

CREATE TABLE keys (
    id                  text     NOT NULL PRIMARY KEY,
    name                text     NOT NULL UNIQUE,
    comment             text     NOT NULL,
    digest              bytea    NOT NULL UNIQUE, -- HMAC-SHA256 of the secret
    hint                text     NOT NULL,
    allowed_models      text     NOT NULL, -- the lists are JSON arrays
    excluded_models     text     NOT NULL,
    allowed_providers   text     NOT NULL,
    excluded_providers  text     NOT NULL,
    allowed_ips         text     NOT NULL,
    requests_per_minute integer  NOT NULL,
    max_concurrency     integer  NOT NULL,
    expires_us          bigint,
    disabled_us         bigint,
    created_us          bigint   NOT NULL
);

-- A revision grows with every change of its table, whoever makes it.
CREATE TABLE revisions (
    name     text     NOT NULL PRIMARY KEY,
    revision bigint   NOT NULL
);
INSERT INTO revisions (name, revision) VALUES ('keys', 0);

-- +goose StatementBegin
CREATE FUNCTION keys_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE revisions SET revision = revision + 1 WHERE name = 'keys';
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER keys_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON keys
    FOR EACH STATEMENT EXECUTE FUNCTION keys_changed();

CREATE TABLE sessions (
    id         bytea    NOT NULL PRIMARY KEY, -- SHA-256 of the token
    created_us bigint   NOT NULL,
    seen_us    bigint   NOT NULL,
    expires_us bigint   NOT NULL,
    ip         text     NOT NULL,
    user_agent text     NOT NULL
);

CREATE TABLE settings (
    name  text     NOT NULL PRIMARY KEY,
    value bytea    NOT NULL
);

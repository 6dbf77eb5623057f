-- State of the Responses API. Every key begins with the tenant, so that an id
-- means nothing to anyone else.

-- +goose Up
CREATE TABLE responses (
    tenant           TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    previous_id      TEXT    NOT NULL, -- '' at the beginning of a chain
    conversation_id  TEXT    NOT NULL, -- '' outside of conversations
    conversation_end INTEGER NOT NULL, -- position of the last item it had read
    provider         TEXT    NOT NULL,
    alias            TEXT    NOT NULL,
    model            TEXT    NOT NULL,
    status           TEXT    NOT NULL,
    native           INTEGER NOT NULL, -- the provider stores it, too
    background       INTEGER NOT NULL,
    created_us       INTEGER NOT NULL,
    expires_us       INTEGER NOT NULL,
    output_start     INTEGER NOT NULL, -- place of the output array in body, in bytes
    output_length    INTEGER NOT NULL,
    size             INTEGER NOT NULL, -- bytes of the input and the output array
    input            BLOB    NOT NULL, -- JSON array
    body             BLOB    NOT NULL, -- JSON object
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX responses_expiry ON responses (expires_us);
CREATE INDEX responses_use ON responses (tenant, expires_us, created_us, id);

-- Where an item stands in its response.
CREATE TABLE response_items (
    tenant      TEXT    NOT NULL,
    item_id     TEXT    NOT NULL,
    response_id TEXT    NOT NULL,
    in_body     INTEGER NOT NULL, -- else in input
    start       INTEGER NOT NULL,
    length      INTEGER NOT NULL,
    PRIMARY KEY (tenant, item_id, response_id),
    FOREIGN KEY (tenant, response_id) REFERENCES responses (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX response_items_response ON response_items (tenant, response_id);

CREATE TABLE conversations (
    tenant        TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    metadata      BLOB    NOT NULL, -- JSON object
    created_us    INTEGER NOT NULL,
    expires_us    INTEGER NOT NULL,
    last_position INTEGER NOT NULL, -- given to an item last
    size          INTEGER NOT NULL, -- bytes of all items
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX conversations_expiry ON conversations (expires_us);
CREATE INDEX conversations_use ON conversations (tenant, expires_us, created_us, id);

CREATE TABLE conversation_items (
    tenant          TEXT    NOT NULL,
    conversation_id TEXT    NOT NULL,
    position        INTEGER NOT NULL,
    id              TEXT    NOT NULL,
    home            TEXT    NOT NULL, -- the provider that stores it, too
    item            BLOB    NOT NULL, -- JSON object
    PRIMARY KEY (tenant, conversation_id, position),
    UNIQUE (tenant, id, conversation_id),
    FOREIGN KEY (tenant, conversation_id) REFERENCES conversations (tenant, id) ON DELETE CASCADE
) STRICT;

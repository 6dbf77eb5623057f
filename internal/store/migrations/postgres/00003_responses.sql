-- State of the Responses API. Every key begins with the tenant, so that an id
-- means nothing to anyone else.

-- +goose Up
CREATE TABLE responses (
    tenant           text    NOT NULL,
    id               text    NOT NULL,
    previous_id      text    NOT NULL, -- '' at the beginning of a chain
    conversation_id  text    NOT NULL, -- '' outside of conversations
    conversation_end bigint  NOT NULL, -- position of the last item it had read
    provider         text    NOT NULL,
    alias            text    NOT NULL,
    model            text    NOT NULL,
    status           text    NOT NULL,
    native           boolean NOT NULL, -- the provider stores it, too
    background       boolean NOT NULL,
    created_us       bigint  NOT NULL,
    expires_us       bigint  NOT NULL,
    output_start     bigint  NOT NULL, -- place of the output array in body, in bytes
    output_length    bigint  NOT NULL,
    size             bigint  NOT NULL, -- bytes of the input and the output array
    input            bytea   NOT NULL, -- JSON array
    body             bytea   NOT NULL, -- JSON object
    PRIMARY KEY (tenant, id)
);

CREATE INDEX responses_expiry ON responses (expires_us);
CREATE INDEX responses_use ON responses (tenant, expires_us, created_us, id);

-- Where an item stands in its response.
CREATE TABLE response_items (
    tenant      text    NOT NULL,
    item_id     text    NOT NULL,
    response_id text    NOT NULL,
    in_body     boolean NOT NULL, -- else in input
    start       bigint  NOT NULL,
    length      bigint  NOT NULL,
    PRIMARY KEY (tenant, item_id, response_id),
    FOREIGN KEY (tenant, response_id) REFERENCES responses (tenant, id) ON DELETE CASCADE
);

CREATE INDEX response_items_response ON response_items (tenant, response_id);

CREATE TABLE conversations (
    tenant        text    NOT NULL,
    id            text    NOT NULL,
    metadata      bytea   NOT NULL, -- JSON object
    created_us    bigint  NOT NULL,
    expires_us    bigint  NOT NULL,
    last_position bigint  NOT NULL, -- given to an item last
    size          bigint  NOT NULL, -- bytes of all items
    PRIMARY KEY (tenant, id)
);

CREATE INDEX conversations_expiry ON conversations (expires_us);
CREATE INDEX conversations_use ON conversations (tenant, expires_us, created_us, id);

CREATE TABLE conversation_items (
    tenant          text    NOT NULL,
    conversation_id text    NOT NULL,
    position        bigint  NOT NULL,
    id              text    NOT NULL,
    home            text    NOT NULL, -- the provider that stores it, too
    item            bytea   NOT NULL, -- JSON object
    PRIMARY KEY (tenant, conversation_id, position),
    UNIQUE (tenant, id, conversation_id),
    FOREIGN KEY (tenant, conversation_id) REFERENCES conversations (tenant, id) ON DELETE CASCADE
);

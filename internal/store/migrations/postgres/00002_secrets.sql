-- +goose Up
CREATE TABLE secrets (
    name       text    NOT NULL PRIMARY KEY,
    sealed     bytea   NOT NULL, -- secretbox envelope
    created_us bigint  NOT NULL,
    updated_us bigint  NOT NULL
);

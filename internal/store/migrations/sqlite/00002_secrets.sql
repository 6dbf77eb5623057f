-- +goose Up
CREATE TABLE secrets (
    name       TEXT    NOT NULL PRIMARY KEY,
    sealed     BLOB    NOT NULL, -- secretbox envelope
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;

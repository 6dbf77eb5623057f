-- +goose Up
ALTER TABLE keys ADD COLUMN strict_fidelity INTEGER NOT NULL DEFAULT 0;

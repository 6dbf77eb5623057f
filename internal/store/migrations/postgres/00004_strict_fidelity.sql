-- +goose Up
ALTER TABLE keys ADD COLUMN strict_fidelity boolean NOT NULL DEFAULT false;

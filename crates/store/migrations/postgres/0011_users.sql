-- Until now there were owners only.
ALTER TABLE console_user ADD COLUMN role TEXT NOT NULL DEFAULT 'owner';
ALTER TABLE console_user ADD COLUMN disabled_at BIGINT;

-- The second factor: sealed, on since when, and the last step of time whose code was used.
ALTER TABLE console_user ADD COLUMN totp_secret BYTEA;
ALTER TABLE console_user ADD COLUMN totp_on_at BIGINT;
ALTER TABLE console_user ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;

-- The apps that an operator sees; an owner sees all.
CREATE TABLE user_app (
    user_id BIGINT NOT NULL REFERENCES console_user (id),
    app_id  TEXT   NOT NULL REFERENCES app (app_id),
    PRIMARY KEY (user_id, app_id)
);

-- A link with which a user chooses a password, once.
CREATE TABLE user_link (
    user_id    BIGINT NOT NULL PRIMARY KEY REFERENCES console_user (id),
    token_hash BYTEA NOT NULL UNIQUE,
    expires_at BIGINT NOT NULL
);

-- Each opens once in the place of a code.
CREATE TABLE recovery_code (
    user_id   BIGINT NOT NULL REFERENCES console_user (id),
    code_hash BYTEA NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

-- What is asked of all users; at most one row.
CREATE TABLE user_policy (
    id           BIGINT  NOT NULL PRIMARY KEY,
    demands_totp BOOLEAN NOT NULL
);

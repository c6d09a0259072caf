-- Tables of the first release. The SQLite twin differs in BYTEA (BLOB) and in
-- BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY (INTEGER PRIMARY KEY AUTOINCREMENT) alone.
-- Times are Unix milliseconds; JSON is TEXT read in Rust.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE counter (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE app (
    app_id      TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    secret_hash BYTEA  NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE access_token (
    id            BYTEA  NOT NULL PRIMARY KEY,
    app_id        TEXT   NOT NULL REFERENCES app (app_id),
    kind          TEXT   NOT NULL,
    issued_at     BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    superseded_at BIGINT
);
CREATE INDEX access_token_app ON access_token (app_id, kind, issued_at);
CREATE INDEX access_token_expires ON access_token (expires_at);

CREATE TABLE room (
    id                BIGINT  NOT NULL PRIMARY KEY,
    app_id            TEXT    NOT NULL REFERENCES app (app_id),
    name              TEXT    NOT NULL,
    start_at          BIGINT  NOT NULL,
    end_at            BIGINT  NOT NULL,
    anchor_name       TEXT    NOT NULL,
    anchor_wechat     TEXT    NOT NULL,
    sub_anchor_wechat TEXT,
    creator_wechat    TEXT,
    kind              TEXT    NOT NULL,
    cover             TEXT,
    share             TEXT,
    feeds             TEXT,
    switches          TEXT    NOT NULL,
    status            BIGINT  NOT NULL,
    armed             BOOLEAN NOT NULL,
    good              BOOLEAN NOT NULL,
    started_at        BIGINT,
    ended_at          BIGINT,
    grace_until       BIGINT,
    lost_at           BIGINT,
    ban               TEXT,
    created_at        BIGINT  NOT NULL,
    deleted_at        BIGINT,
    version           BIGINT  NOT NULL,
    next_deadline     BIGINT
);
CREATE INDEX room_app_start ON room (app_id, start_at, id);
CREATE INDEX room_status ON room (status);
CREATE INDEX room_deadline ON room (next_deadline) WHERE next_deadline IS NOT NULL;

-- Sealed parts of a room, kept apart so that a list of rooms never reads them.
CREATE TABLE room_secret (
    room_id        BIGINT NOT NULL PRIMARY KEY REFERENCES room (id),
    app_id         TEXT   NOT NULL REFERENCES app (app_id),
    push_seed      BYTEA  NOT NULL,
    push_version   BIGINT NOT NULL,
    code           BYTEA  NOT NULL,
    code_hash      BYTEA  NOT NULL UNIQUE,
    refusal_at     BIGINT,
    refusal_reason TEXT,
    refusal_detail TEXT
);

CREATE TABLE room_day (
    app_id TEXT   NOT NULL REFERENCES app (app_id),
    day    BIGINT NOT NULL,
    made   BIGINT NOT NULL,
    PRIMARY KEY (app_id, day)
);

CREATE TABLE event (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id  TEXT   NOT NULL,
    room_id BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    body    TEXT   NOT NULL
);

-- One row: how far the running server has carried events out.
CREATE TABLE outbox_applied (
    id         BIGINT NOT NULL PRIMARY KEY,
    seq        BIGINT NOT NULL,
    applied_at BIGINT NOT NULL
);
INSERT INTO outbox_applied (id, seq, applied_at) VALUES (1, 0, 0);

CREATE TABLE anchor (
    app_id       TEXT   NOT NULL REFERENCES app (app_id),
    wechat_id    TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    token        TEXT   NOT NULL UNIQUE,
    requested_at BIGINT NOT NULL,
    verified_at  BIGINT,
    PRIMARY KEY (app_id, wechat_id)
);

CREATE TABLE role (
    app_id    TEXT   NOT NULL REFERENCES app (app_id),
    wechat_id TEXT   NOT NULL,
    role      BIGINT NOT NULL,
    given_at  BIGINT NOT NULL,
    PRIMARY KEY (app_id, wechat_id, role)
);

CREATE TABLE image (
    name       TEXT    NOT NULL PRIMARY KEY,
    media_id   TEXT    NOT NULL UNIQUE,
    app_id     TEXT    NOT NULL REFERENCES app (app_id),
    format     TEXT    NOT NULL,
    width      BIGINT  NOT NULL,
    height     BIGINT  NOT NULL,
    bytes      BIGINT  NOT NULL,
    created_at BIGINT  NOT NULL
);

CREATE TABLE console_user (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          TEXT   NOT NULL UNIQUE,
    password_hash TEXT   NOT NULL,
    created_at    BIGINT NOT NULL
);

-- One row while the first user is still to be made.
CREATE TABLE setup_token (
    id         BIGINT NOT NULL PRIMARY KEY,
    token_hash BYTEA  NOT NULL
);

CREATE TABLE console_session (
    id_hash    BYTEA  NOT NULL PRIMARY KEY,
    user_id    BIGINT NOT NULL REFERENCES console_user (id),
    csrf       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX console_session_expires ON console_session (expires_at);

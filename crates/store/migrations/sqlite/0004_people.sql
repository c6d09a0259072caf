-- Whoever an app knows: verified, given a role, invited or imported.
CREATE TABLE person (
    app_id    TEXT   NOT NULL REFERENCES app (app_id),
    wechat_id TEXT   NOT NULL,
    nickname  TEXT   NOT NULL,
    -- Nickname and id in lower case, for looking somebody up.
    search    TEXT   NOT NULL,
    known_at  BIGINT NOT NULL,
    roles_at  BIGINT NOT NULL,
    PRIMARY KEY (app_id, wechat_id)
);
CREATE INDEX person_roles ON person (app_id, roles_at, wechat_id);
INSERT INTO person (app_id, wechat_id, nickname, search, known_at, roles_at)
    SELECT app_id, wechat_id, '', LOWER(wechat_id), requested_at, COALESCE(verified_at, requested_at)
    FROM anchor WHERE state = 'verified';

CREATE TABLE assistant (
    room_id   BIGINT NOT NULL REFERENCES room (id),
    app_id    TEXT   NOT NULL REFERENCES app (app_id),
    wechat_id TEXT   NOT NULL,
    nickname  TEXT   NOT NULL,
    added_at  BIGINT NOT NULL,
    PRIMARY KEY (room_id, wechat_id)
);

CREATE INDEX room_anchor ON room (app_id, anchor_wechat);

-- When a verified anchor is to show again who they are: 181 days on, the shortest half year.
ALTER TABLE anchor ADD COLUMN due_at BIGINT;
UPDATE anchor SET due_at = verified_at + 15638400000 WHERE verified_at IS NOT NULL;
-- Confirms their devices; hashed.
ALTER TABLE anchor ADD COLUMN pin_hash TEXT;

-- What people said of themselves to be verified, and what became of it. Kept, as a proof of
-- consent; the name and the number are sealed.
CREATE TABLE submission (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id       TEXT   NOT NULL REFERENCES app (app_id),
    wechat_id    TEXT   NOT NULL,
    identity     BLOB   NOT NULL,
    consent      TEXT   NOT NULL,
    pin_hash     TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    submitted_at BIGINT NOT NULL,
    decided_at   BIGINT,
    decided_by   TEXT,
    reason       TEXT
);
CREATE INDEX submission_person ON submission (app_id, wechat_id, id);
CREATE INDEX submission_open ON submission (app_id, state, id);

-- Who saw somebody's full number, when, and what for.
CREATE TABLE reveal (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id        TEXT   NOT NULL REFERENCES app (app_id),
    wechat_id     TEXT   NOT NULL,
    submission_id BIGINT NOT NULL,
    actor         TEXT   NOT NULL,
    reason        TEXT   NOT NULL,
    at            BIGINT NOT NULL
);
CREATE INDEX reveal_person ON reveal (app_id, wechat_id, id);

-- Devices that open the anchor's page of a person's rooms.
CREATE TABLE device (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id          TEXT   NOT NULL REFERENCES app (app_id),
    wechat_id       TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    credential_hash BLOB   NOT NULL UNIQUE,
    enrolled_at     BIGINT NOT NULL,
    seen_at         BIGINT NOT NULL,
    revoked_at      BIGINT,
    revoked_by      TEXT
);
CREATE INDEX device_person ON device (app_id, wechat_id, id);

-- Codes that enrol one device each.
CREATE TABLE enrolment (
    code_hash  BLOB   NOT NULL PRIMARY KEY,
    app_id     TEXT   NOT NULL REFERENCES app (app_id),
    wechat_id  TEXT   NOT NULL,
    room_id    BIGINT NOT NULL REFERENCES room (id),
    made_by    TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX enrolment_expires ON enrolment (expires_at);

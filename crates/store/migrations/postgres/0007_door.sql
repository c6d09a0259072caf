-- How an app's calls are let in; an app without a row has the defaults.
CREATE TABLE app_door (
    app_id  TEXT NOT NULL PRIMARY KEY REFERENCES app (app_id),
    -- tolerant or strict; NULL: as the installation's.
    profile TEXT,
    -- JSON: the networks that may call; an empty list: everybody.
    allowed TEXT NOT NULL,
    -- JSON: limits of its own.
    quotas  TEXT NOT NULL
);

-- Calls of one operation on one day, saved every few seconds.
CREATE TABLE call_day (
    app_id TEXT   NOT NULL REFERENCES app (app_id),
    op     TEXT   NOT NULL,
    day    BIGINT NOT NULL,
    made   BIGINT NOT NULL,
    PRIMARY KEY (app_id, op, day)
);
CREATE INDEX call_day_day ON call_day (day);

-- The calls of the last days, without what was sent and answered.
CREATE TABLE call_log (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id  TEXT   NOT NULL REFERENCES app (app_id),
    rid     TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    op      TEXT   NOT NULL,
    code    BIGINT NOT NULL,
    reason  TEXT,
    peer    TEXT   NOT NULL,
    took_us BIGINT NOT NULL
);
CREATE INDEX call_log_app ON call_log (app_id, id);
CREATE INDEX call_log_rid ON call_log (app_id, rid);
CREATE INDEX call_log_at ON call_log (at);

-- Calls that may be sent again under a key of their own, and what was answered.
CREATE TABLE repeat_key (
    scope     TEXT   NOT NULL,
    key_hash  BYTEA   NOT NULL,
    body_hash BYTEA   NOT NULL,
    begun_at  BIGINT NOT NULL,
    -- NULL: it was begun and no answer is known.
    answer    BYTEA,
    PRIMARY KEY (scope, key_hash)
);
CREATE INDEX repeat_key_begun ON repeat_key (begun_at);

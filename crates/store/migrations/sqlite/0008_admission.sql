-- Whether an app may use live at all; an app without a row may.
CREATE TABLE app_admission (
    app_id   TEXT    NOT NULL PRIMARY KEY REFERENCES app (app_id),
    -- JSON: open, wechat, or thresholds of its own.
    policy   TEXT    NOT NULL,
    -- What the app says it sells.
    category TEXT,
    disabled BOOLEAN NOT NULL
);

-- What is known of an app's owner, by the day it is about (2026-11-25).
CREATE TABLE admission_fact (
    app_id   TEXT   NOT NULL REFERENCES app (app_id),
    kind     TEXT   NOT NULL,
    date     TEXT   NOT NULL,
    value    BIGINT NOT NULL,
    source   TEXT   NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, kind, date)
);

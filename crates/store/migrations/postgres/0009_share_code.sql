-- Codes under which rooms are shared, each with the parameters that it hands on.
CREATE TABLE share_code (
    id         TEXT   NOT NULL PRIMARY KEY,
    app_id     TEXT   NOT NULL REFERENCES app (app_id),
    room_id    BIGINT NOT NULL REFERENCES room (id),
    -- JSON, or empty.
    params     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (room_id, params)
);

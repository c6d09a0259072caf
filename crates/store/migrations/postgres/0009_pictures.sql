-- Codes under which rooms are shared, each with the parameters that it hands on.
CREATE TABLE share_code (
    id         TEXT   NOT NULL PRIMARY KEY,
    app_id     TEXT   NOT NULL REFERENCES app (app_id),
    room_id    BIGINT NOT NULL REFERENCES room (id),
    -- JSON, or empty.
    params     TEXT   NOT NULL,
    -- Name of an image: the mini program's code that WeChat made of it.
    picture    TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (room_id, params)
);
CREATE INDEX share_code_picture ON share_code (picture);

-- How large an image's file was when it came; NULL: as it is kept.
ALTER TABLE image ADD COLUMN sent_bytes BIGINT;

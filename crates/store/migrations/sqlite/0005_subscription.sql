-- Whether viewers' comments of a room are muted.
ALTER TABLE room ADD COLUMN comments_banned BOOLEAN NOT NULL DEFAULT FALSE;

-- Where viewers of an app's rooms turn to with a question.
CREATE TABLE customer_service (
    app_id TEXT NOT NULL PRIMARY KEY REFERENCES app (app_id),
    link   TEXT NOT NULL
);

-- Who wants to be told of one room's start.
CREATE TABLE room_subscriber (
    room_id       BIGINT NOT NULL REFERENCES room (id),
    app_id        TEXT   NOT NULL REFERENCES app (app_id),
    openid        TEXT   NOT NULL,
    subscribed_at BIGINT NOT NULL,
    PRIMARY KEY (room_id, openid)
);

-- Who follows an app. place counts up within the app, so that pages stay as they are while people
-- come and go; room and status say where it happened.
CREATE TABLE follower (
    app_id      TEXT   NOT NULL REFERENCES app (app_id),
    openid      TEXT   NOT NULL,
    place       BIGINT NOT NULL,
    room_id     BIGINT NOT NULL REFERENCES room (id),
    room_status BIGINT NOT NULL,
    followed_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, openid)
);
CREATE UNIQUE INDEX follower_place ON follower (app_id, place);
CREATE INDEX follower_room ON follower (room_id);

-- Rooms that have started and whose subscribers are being told, in the order of their openids.
CREATE TABLE start_reminder (
    room_id    BIGINT NOT NULL PRIMARY KEY REFERENCES room (id),
    app_id     TEXT   NOT NULL REFERENCES app (app_id),
    started_at BIGINT NOT NULL,
    told_to    TEXT   NOT NULL
);

-- Pushes to followers. recipients is JSON: who is still to be dealt with; counts is JSON too.
CREATE TABLE push_message (
    app_id     TEXT   NOT NULL REFERENCES app (app_id),
    id         BIGINT NOT NULL,
    room_id    BIGINT NOT NULL REFERENCES room (id),
    day        BIGINT NOT NULL,
    recipients TEXT   NOT NULL,
    first      TEXT,
    counts     TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    done_at    BIGINT,
    PRIMARY KEY (app_id, id)
);
CREATE INDEX push_message_open ON push_message (made_at) WHERE done_at IS NULL;

-- The one room of an app that may push on a day.
CREATE TABLE push_day (
    app_id  TEXT   NOT NULL REFERENCES app (app_id),
    day     BIGINT NOT NULL,
    room_id BIGINT NOT NULL REFERENCES room (id),
    PRIMARY KEY (app_id, day)
);

-- Who was told of a live by a push on a day.
CREATE TABLE reminded (
    app_id TEXT   NOT NULL REFERENCES app (app_id),
    day    BIGINT NOT NULL,
    openid TEXT   NOT NULL,
    PRIMARY KEY (app_id, day, openid)
);

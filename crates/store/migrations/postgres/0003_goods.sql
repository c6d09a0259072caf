-- Goods and their audit, prices in fen; the shelves of rooms.

CREATE TABLE goods (
    id                BIGINT NOT NULL PRIMARY KEY,
    app_id            TEXT   NOT NULL REFERENCES app (app_id),
    name              TEXT   NOT NULL,
    cover             TEXT   NOT NULL,
    price_type        BIGINT NOT NULL,
    price             BIGINT NOT NULL,
    price2            BIGINT NOT NULL,
    url               TEXT   NOT NULL,
    third_party_appid TEXT   NOT NULL,
    goods_key         TEXT   NOT NULL,
    origin            TEXT   NOT NULL,
    audit             BIGINT NOT NULL,
    audit_id          BIGINT,
    submitted_at      BIGINT,
    decided_at        BIGINT,
    rejection         TEXT,
    created_at        BIGINT NOT NULL,
    deleted_at        BIGINT,
    version           BIGINT NOT NULL
);
CREATE INDEX goods_app ON goods (app_id, audit, created_at, id);
CREATE INDEX goods_pending ON goods (submitted_at) WHERE audit = 1;
CREATE INDEX goods_cover ON goods (cover);

CREATE TABLE goods_day (
    app_id    TEXT   NOT NULL REFERENCES app (app_id),
    day       BIGINT NOT NULL,
    submitted BIGINT NOT NULL,
    PRIMARY KEY (app_id, day)
);

-- What holds for all goods of an app; without a row, nothing was set.
CREATE TABLE goods_setting (
    app_id    TEXT    NOT NULL PRIMARY KEY REFERENCES app (app_id),
    goods_key TEXT    NOT NULL,
    pages     TEXT    NOT NULL,
    disabled  BOOLEAN NOT NULL
);

CREATE TABLE shelf (
    room_id         BIGINT NOT NULL PRIMARY KEY REFERENCES room (id),
    app_id          TEXT   NOT NULL REFERENCES app (app_id),
    pushed          BIGINT,
    pushed_until    BIGINT,
    explained       BIGINT,
    explained_since BIGINT,
    version         BIGINT NOT NULL
);

CREATE TABLE shelf_item (
    room_id  BIGINT  NOT NULL REFERENCES room (id),
    goods_id BIGINT  NOT NULL REFERENCES goods (id),
    app_id   TEXT    NOT NULL REFERENCES app (app_id),
    place    BIGINT  NOT NULL,
    on_sale  BOOLEAN NOT NULL,
    added_at BIGINT  NOT NULL,
    PRIMARY KEY (room_id, goods_id)
);
CREATE INDEX shelf_item_goods ON shelf_item (goods_id);

-- When goods were explained, for the clips of a recording.
CREATE TABLE explanation (
    room_id  BIGINT NOT NULL REFERENCES room (id),
    goods_id BIGINT NOT NULL REFERENCES goods (id),
    app_id   TEXT   NOT NULL REFERENCES app (app_id),
    from_at  BIGINT NOT NULL,
    to_at    BIGINT NOT NULL
);
CREATE INDEX explanation_room ON explanation (room_id, from_at);

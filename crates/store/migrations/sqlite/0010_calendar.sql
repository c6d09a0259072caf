-- How many rooms of an app, deleted ones apart, are planned to start on each day since 1970 (UTC):
-- a page of a list is found by its day, without reading the rooms before it.
CREATE TABLE calendar (
    app_id TEXT   NOT NULL REFERENCES app (app_id),
    day    BIGINT NOT NULL,
    rooms  BIGINT NOT NULL,
    PRIMARY KEY (app_id, day)
);
INSERT INTO calendar (app_id, day, rooms)
    SELECT app_id, start_at / 86400000, COUNT(*) FROM room
    WHERE deleted_at IS NULL GROUP BY app_id, start_at / 86400000;

-- As before, but without what no list shows.
DROP INDEX room_app_start;
CREATE INDEX room_app_start ON room (app_id, start_at, id) WHERE deleted_at IS NULL;

-- Where an app's events go: its webhooks, and its message URL. secret is sealed; settings is JSON.
-- seen is how far in the events deliveries were made for it.
CREATE TABLE endpoint (
    id            BIGINT NOT NULL PRIMARY KEY,
    app_id        TEXT   NOT NULL REFERENCES app (app_id),
    kind          TEXT   NOT NULL,
    url           TEXT   NOT NULL,
    secret        BYTEA  NOT NULL,
    settings      TEXT   NOT NULL,
    made_at       BIGINT NOT NULL,
    seen          BIGINT NOT NULL,
    failing_since BIGINT,
    disabled_at   BIGINT
);
CREATE INDEX endpoint_app ON endpoint (app_id, kind);

-- What is to be told to an endpoint, and what became of it. Of one lane (a room), what has the least
-- place goes first and the others wait; lane 0 is for what waits for nothing. due_at is NULL once
-- nothing more is tried; done says whether it arrived.
CREATE TABLE delivery (
    id             TEXT    NOT NULL PRIMARY KEY,
    endpoint_id    BIGINT  NOT NULL REFERENCES endpoint (id),
    app_id         TEXT    NOT NULL REFERENCES app (app_id),
    lane           BIGINT  NOT NULL,
    place          BIGINT  NOT NULL,
    kind           TEXT    NOT NULL,
    body           TEXT    NOT NULL,
    made_at        BIGINT  NOT NULL,
    due_at         BIGINT,
    tries          BIGINT  NOT NULL,
    first_tried_at BIGINT,
    tried_at       BIGINT,
    error          TEXT,
    done           BOOLEAN NOT NULL
);
CREATE INDEX delivery_open ON delivery (endpoint_id, lane, place) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_due ON delivery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_log ON delivery (endpoint_id, made_at);

-- An app's events alone, for its endpoints.
CREATE INDEX event_app ON event (app_id, seq);

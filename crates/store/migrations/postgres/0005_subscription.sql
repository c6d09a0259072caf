-- Whether viewers' comments of a room are muted.
ALTER TABLE room ADD COLUMN comments_banned BOOLEAN NOT NULL DEFAULT FALSE;

-- Where viewers of an app's rooms turn to with a question.
CREATE TABLE customer_service (
    app_id TEXT NOT NULL PRIMARY KEY REFERENCES app (app_id),
    link   TEXT NOT NULL
);

-- An app's account with WeChat itself: the mini program behind it, the access token that was bought
-- last, and why none was. secret and token are sealed.
CREATE TABLE wechat_account (
    app_id           TEXT   NOT NULL PRIMARY KEY REFERENCES app (app_id),
    wechat_appid     TEXT   NOT NULL,
    secret           BYTEA  NOT NULL,
    set_at           BIGINT NOT NULL,
    token            BYTEA,
    token_expires_at BIGINT,
    bought_at        BIGINT,
    forced_at        BIGINT,
    -- JSON; NULL: the last purchase went well, or there was none.
    trouble          TEXT,
    failed_at        BIGINT
);

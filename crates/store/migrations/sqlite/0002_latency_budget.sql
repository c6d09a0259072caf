-- How long a tag of the app's streams may wait for others, in milliseconds; NULL: as the server's
-- settings say.
ALTER TABLE app ADD COLUMN latency_budget_ms BIGINT;

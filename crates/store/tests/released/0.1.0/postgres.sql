SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
CREATE TABLE public.access_token (
    id bytea NOT NULL,
    app_id text NOT NULL,
    kind text NOT NULL,
    issued_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    superseded_at bigint
);
CREATE TABLE public.anchor (
    app_id text NOT NULL,
    wechat_id text NOT NULL,
    state text NOT NULL,
    token text NOT NULL,
    requested_at bigint NOT NULL,
    verified_at bigint
);
CREATE TABLE public.app (
    app_id text NOT NULL,
    name text NOT NULL,
    secret_hash bytea NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE public.console_session (
    id_hash bytea NOT NULL,
    user_id bigint NOT NULL,
    csrf text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE public.console_user (
    id bigint NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    created_at bigint NOT NULL
);
ALTER TABLE public.console_user ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.console_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.counter (
    name text NOT NULL,
    value bigint NOT NULL
);
CREATE TABLE public.event (
    seq bigint NOT NULL,
    app_id text NOT NULL,
    room_id bigint NOT NULL,
    at bigint NOT NULL,
    body text NOT NULL
);
ALTER TABLE public.event ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.event_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.image (
    name text NOT NULL,
    media_id text NOT NULL,
    app_id text NOT NULL,
    format text NOT NULL,
    width bigint NOT NULL,
    height bigint NOT NULL,
    bytes bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE public.meta (
    name text NOT NULL,
    value bytea NOT NULL
);
CREATE TABLE public.outbox_applied (
    id bigint NOT NULL,
    seq bigint NOT NULL,
    applied_at bigint NOT NULL
);
CREATE TABLE public.role (
    app_id text NOT NULL,
    wechat_id text NOT NULL,
    role bigint NOT NULL,
    given_at bigint NOT NULL
);
CREATE TABLE public.room (
    id bigint NOT NULL,
    app_id text NOT NULL,
    name text NOT NULL,
    start_at bigint NOT NULL,
    end_at bigint NOT NULL,
    anchor_name text NOT NULL,
    anchor_wechat text NOT NULL,
    sub_anchor_wechat text,
    creator_wechat text,
    kind text NOT NULL,
    cover text,
    share text,
    feeds text,
    switches text NOT NULL,
    status bigint NOT NULL,
    armed boolean NOT NULL,
    good boolean NOT NULL,
    started_at bigint,
    ended_at bigint,
    grace_until bigint,
    lost_at bigint,
    ban text,
    created_at bigint NOT NULL,
    deleted_at bigint,
    version bigint NOT NULL,
    next_deadline bigint
);
CREATE TABLE public.room_day (
    app_id text NOT NULL,
    day bigint NOT NULL,
    made bigint NOT NULL
);
CREATE TABLE public.room_secret (
    room_id bigint NOT NULL,
    app_id text NOT NULL,
    push_seed bytea NOT NULL,
    push_version bigint NOT NULL,
    code bytea NOT NULL,
    code_hash bytea NOT NULL,
    refusal_at bigint,
    refusal_reason text,
    refusal_detail text
);
CREATE TABLE public.setup_token (
    id bigint NOT NULL,
    token_hash bytea NOT NULL
);
INSERT INTO public._sqlx_migrations VALUES (1, 'house', '2026-11-25 04:58:55.930277+00', true, '\xabe60cc25e1326fc28fe159ae6e7d4d679de11588293bd6b3034a8273d40e6a75432ee202b768b587d3fe720450c7cf2', 25269903);
INSERT INTO public.access_token VALUES ('\x07070707070707070707070707070707', 'wx_one', 'stable', 1800000000000, 1800007200000, NULL);
INSERT INTO public.anchor VALUES ('wx_one', 'anchor_01', 'verified', 'door', 1800000000000, 1800000000000);
INSERT INTO public.app VALUES ('wx_one', 'Shop wx_one', '\x010203', 1800000000000);
INSERT INTO public.console_session VALUES ('\x636f6f6b6965', 1, 'csrf', 1800000000000, 1800000000001);
INSERT INTO public.console_user OVERRIDING SYSTEM VALUE VALUES (1, 'boss', 'hash', 1800000000000);
INSERT INTO public.counter VALUES ('room', 2);
INSERT INTO public.event OVERRIDING SYSTEM VALUE VALUES (1, 'wx_one', 39460346, 1800000000000, '{"kind":"created"}');
INSERT INTO public.event OVERRIDING SYSTEM VALUE VALUES (2, 'wx_one', 39460346, 1800000000000, '{"kind":"status","from":102,"to":101,"cause":"command"}');
INSERT INTO public.event OVERRIDING SYSTEM VALUE VALUES (3, 'wx_one', 39460346, 1800000000000, '{"kind":"push_key_revoked"}');
INSERT INTO public.event OVERRIDING SYSTEM VALUE VALUES (4, 'wx_one', 1410264395, 1800000000000, '{"kind":"created"}');
INSERT INTO public.image VALUES ('ab01ab01ab01ab01ab01ab01ab01ab01', 'media-1', 'wx_one', 'png', 800, 640, 4, 1800000000000);
INSERT INTO public.meta VALUES ('key check', '\x0181e9b59845a583e496bb001f6657aa5042ee8fb6304627360fa9c37f1f73ec98a182c36114cf02a47f073c2553');
INSERT INTO public.outbox_applied VALUES (1, 3, 1800000000000);
INSERT INTO public.role VALUES ('wx_one', 'anchor_01', 2, 1800000000000);
INSERT INTO public.room VALUES (39460346, 'wx_one', '双十一专场', 1800003600000, 1800007200000, '小王', 'anchor_01', NULL, NULL, 'push', 'ab01ab01ab01ab01ab01ab01ab01ab01', NULL, NULL, '{"close_like":false,"close_goods":false,"close_comment":false,"close_replay":true,"close_share":false,"close_kf":true,"feeds_public":true}', 101, false, false, NULL, NULL, NULL, NULL, NULL, 1800000000000, NULL, 1, 1800000000001);
INSERT INTO public.room VALUES (1410264395, 'wx_one', '双十一专场', 1800003600000, 1800007200000, '小王', 'anchor_01', NULL, NULL, 'push', NULL, NULL, NULL, '{"close_like":false,"close_goods":false,"close_comment":false,"close_replay":true,"close_share":false,"close_kf":true,"feeds_public":true}', 102, false, false, NULL, NULL, NULL, NULL, NULL, 1800000000000, NULL, 0, 1800007200000);
INSERT INTO public.room_day VALUES ('wx_one', 20270115, 2);
INSERT INTO public.room_secret VALUES (39460346, 'wx_one', '\x0188acc03b584d57b1c0c900415b929713c5282b61f1477f9b757db3928c1e239562571fbeb2768f74e76f8af40511f3b1d6218c3bd9a33c5c04e2603c8a4c5eb5b10d978f1c73471d', 1, '\x01f6a0d127f818a97217e21f61675723209f31464b4d49a669682105bade08c1bca00cfe49bde4a226eccb015a4e734e13659047', '\xb76ca035b4399f6b377e1b0946b853262340c0b4345fff0da6258f0caf93a78f', NULL, NULL, NULL);
INSERT INTO public.room_secret VALUES (1410264395, 'wx_one', '\x0137add5e39d7dd61a601eec48c83cdcae0307c53e9b47fe1e7da96fbfe664bd684599159ca47436c5623b3a4d24ab02bca228908e776b4c142cf923fada41049cfc1336c591f168ab', 0, '\x01a2492c28868cc3012d2f7258e17f3ab095559bd43afdb3a744707af8d8dc14e89131c1328eee85e55972d96044ebe3d3010561', '\xb423a8476484664aedb49581dca9072954b441b02a4de60fcf6f23dfd0911867', NULL, NULL, NULL);
SELECT pg_catalog.setval('public.console_user_id_seq', 1, true);
SELECT pg_catalog.setval('public.event_seq_seq', 4, true);
ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.access_token
    ADD CONSTRAINT access_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.anchor
    ADD CONSTRAINT anchor_pkey PRIMARY KEY (app_id, wechat_id);
ALTER TABLE ONLY public.anchor
    ADD CONSTRAINT anchor_token_key UNIQUE (token);
ALTER TABLE ONLY public.app
    ADD CONSTRAINT app_pkey PRIMARY KEY (app_id);
ALTER TABLE ONLY public.console_session
    ADD CONSTRAINT console_session_pkey PRIMARY KEY (id_hash);
ALTER TABLE ONLY public.console_user
    ADD CONSTRAINT console_user_name_key UNIQUE (name);
ALTER TABLE ONLY public.console_user
    ADD CONSTRAINT console_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.counter
    ADD CONSTRAINT counter_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_media_id_key UNIQUE (media_id);
ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.outbox_applied
    ADD CONSTRAINT outbox_applied_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.role
    ADD CONSTRAINT role_pkey PRIMARY KEY (app_id, wechat_id, role);
ALTER TABLE ONLY public.room_day
    ADD CONSTRAINT room_day_pkey PRIMARY KEY (app_id, day);
ALTER TABLE ONLY public.room
    ADD CONSTRAINT room_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.room_secret
    ADD CONSTRAINT room_secret_code_hash_key UNIQUE (code_hash);
ALTER TABLE ONLY public.room_secret
    ADD CONSTRAINT room_secret_pkey PRIMARY KEY (room_id);
ALTER TABLE ONLY public.setup_token
    ADD CONSTRAINT setup_token_pkey PRIMARY KEY (id);
CREATE INDEX access_token_app ON public.access_token USING btree (app_id, kind, issued_at);
CREATE INDEX access_token_expires ON public.access_token USING btree (expires_at);
CREATE INDEX console_session_expires ON public.console_session USING btree (expires_at);
CREATE INDEX room_app_start ON public.room USING btree (app_id, start_at, id);
CREATE INDEX room_deadline ON public.room USING btree (next_deadline) WHERE (next_deadline IS NOT NULL);
CREATE INDEX room_status ON public.room USING btree (status);
ALTER TABLE ONLY public.access_token
    ADD CONSTRAINT access_token_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.app(app_id);
ALTER TABLE ONLY public.anchor
    ADD CONSTRAINT anchor_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.app(app_id);
ALTER TABLE ONLY public.console_session
    ADD CONSTRAINT console_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.console_user(id);
ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.app(app_id);
ALTER TABLE ONLY public.role
    ADD CONSTRAINT role_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.app(app_id);
ALTER TABLE ONLY public.room
    ADD CONSTRAINT room_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.app(app_id);
ALTER TABLE ONLY public.room_day
    ADD CONSTRAINT room_day_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.app(app_id);
ALTER TABLE ONLY public.room_secret
    ADD CONSTRAINT room_secret_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.app(app_id);
ALTER TABLE ONLY public.room_secret
    ADD CONSTRAINT room_secret_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.room(id);

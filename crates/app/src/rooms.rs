//! Rooms: made, edited, and changed through one door.

use kaibo_domain::UnixMs;
use kaibo_domain::draft::{self, Draft};
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::person::PersonRefusal;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::room::{Command, Room, Switch, next_deadline, settle, step};
use kaibo_store::{NewRoom, RoomQuery, Saved};

use crate::{Kaibo, Result, secret};

/// What a caller wants a room to be.
#[derive(Clone, Debug)]
pub struct DraftInput {
    /// Its details; images as media ids or addresses.
    pub draft: Draft,
    /// All three images must be there (WeChat's API); the console shows a cover of its own.
    pub images_required: bool,
}

/// A room after a command, and the offset of the last event that it caused.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The room.
    pub room: Room,
    /// Offset of its last event.
    pub offset: i64,
}

impl Kaibo {
    /// Makes a room.
    pub async fn create_room(&self, app_id: &AppId, input: DraftInput) -> Result<Room> {
        let now = self.now();
        let mut draft = input.draft;
        self.check_draft(app_id, &draft, None, now).await?;
        if !draft.switches.close_kf {
            self.require_customer_service(app_id).await?;
        }
        let sub = draft.sub_anchor_wechat.as_deref();
        self.require_verified(app_id, &draft.anchor_wechat, sub)
            .await?;
        self.resolve_images(app_id, &mut draft, None, input.images_required)
            .await?;
        let per_day = self.limits(app_id).await?.rooms_per_day;
        let room = NewRoom {
            app_id,
            draft: &draft,
            day: self.settings().day(now),
            rooms_per_day: per_day,
            push_seed: secret::random(),
            code: &secret::random_text(22),
            next_deadline: draft.end_at,
        };
        match self.store().create_room(room, now).await? {
            Some((room, _)) => Ok(room),
            None => Err(Refusal::RoomsPerDay(per_day).into()),
        }
    }

    /// Replaces a room's details. Images that are not sent stay.
    pub async fn edit_room(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        input: DraftInput,
    ) -> Result<Room> {
        let before = self.room(app_id, room_id).await?;
        // A room that may not be edited says so before any field is judged.
        step(
            &before,
            &Command::Edit(Box::new(before.draft.clone())),
            self.now(),
            &self.room_rules(app_id).await?,
        )?;
        let mut draft = input.draft;
        self.check_draft(app_id, &draft, Some(&before.draft), self.now())
            .await?;
        // Unlike a new room, one that shows it already may keep what its app has lost meanwhile.
        if before.draft.switches.close_kf && !draft.switches.close_kf {
            self.require_customer_service(app_id).await?;
        }
        self.require_newcomers_verified(app_id, &draft, &before.draft)
            .await?;
        self.resolve_images(
            app_id,
            &mut draft,
            Some(&before.draft),
            input.images_required,
        )
        .await?;
        let command = Command::Edit(Box::new(draft));
        Ok(self.apply(app_id, room_id, command).await?.room)
    }

    /// Refuses an edit that names somebody who is not verified. Whoever the room has already is
    /// asked again when it goes on air, not because its title changes.
    async fn require_newcomers_verified(
        &self,
        app_id: &AppId,
        draft: &Draft,
        before: &Draft,
    ) -> Result<()> {
        if draft.anchor_wechat != before.anchor_wechat {
            let anchor = &draft.anchor_wechat;
            self.require_verified(app_id, anchor, None).await?;
        }
        match draft.sub_anchor_wechat.as_deref() {
            sub if sub == before.sub_anchor_wechat.as_deref() => Ok(()),
            Some(sub) => self.require_sub_anchor(app_id, sub).await,
            None => Ok(()),
        }
    }

    /// Turns switches of a room, all of them or none.
    pub async fn turn_switches(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        switches: Vec<Switch>,
    ) -> Result<Room> {
        if switches.contains(&Switch::CloseKf(false)) {
            self.room(app_id, room_id).await?;
            self.require_customer_service(app_id).await?;
        }
        let command = Command::Switch(switches);
        Ok(self.apply(app_id, room_id, command).await?.room)
    }

    /// The one door through which a room changes: load, step, save, and wait until the server has
    /// carried it out (outputs cut, pages told).
    pub async fn apply(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        command: Command,
    ) -> Result<Applied> {
        let applied = self.change(app_id, room_id, &command).await?;
        self.carried_out(applied.offset).await?;
        Ok(applied)
    }

    /// As [`Kaibo::apply`], without waiting: for the server's own streams and timers, which must
    /// not wait for themselves.
    pub(crate) async fn change(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        command: &Command,
    ) -> Result<Applied> {
        loop {
            let room = self
                .store()
                .room(app_id, room_id)
                .await?
                .ok_or(Refusal::RoomUnknown)?;
            // Somebody else changed it meanwhile: judge the command by what it is now.
            if let Some(applied) = self.try_change(&room, command, self.now()).await? {
                return Ok(applied);
            }
        }
    }

    /// Applies `command` to `room` as of `at`; `None`: the room is not any more what was read.
    pub(crate) async fn try_change(
        &self,
        room: &Room,
        command: &Command,
        at: UnixMs,
    ) -> Result<Option<Applied>> {
        let rules = self.room_rules(&room.app_id).await?;
        let change = step(room, command, at, &rules)?;
        // A timer that finds nothing to do was set under other settings: it is set anew, or it
        // would be due for ever.
        if !change.dirty && *command != Command::Timer {
            let offset = self.store().last_offset().await?;
            let room = change.room;
            return Ok(Some(Applied { room, offset }));
        }
        let enters = change.room.status.is_on_air() && !room.status.is_on_air();
        if enters && !self.may_go_live(&change.room).await? {
            return Err(PersonRefusal::VerificationOver.into());
        }
        let deadline = next_deadline(&change.room, &rules);
        let limit = self.limits(&room.app_id).await?.live_at_once;
        let saved = self
            .store()
            .save_room(&change, deadline, Some(limit), self.now());
        match saved.await? {
            Saved::Done { offset } => {
                let room = Room {
                    version: change.room.version + 1,
                    ..change.room
                };
                Ok(Some(Applied { room, offset }))
            }
            Saved::Conflict => Ok(None),
            Saved::LiveLimit => Err(Refusal::LiveAtOnce(limit).into()),
        }
    }

    /// A room as it is now.
    pub async fn room(&self, app_id: &AppId, room_id: RoomId) -> Result<Room> {
        let room = self
            .store()
            .room(app_id, room_id)
            .await?
            .ok_or(Refusal::RoomUnknown)?;
        self.settled(&room).await
    }

    /// A room by its number alone, for the viewers' page.
    pub async fn public_room(&self, room_id: RoomId) -> Result<Room> {
        let room = self
            .store()
            .room_by_id(room_id)
            .await?
            .ok_or(Refusal::RoomUnknown)?;
        self.settled(&room).await
    }

    /// Total and a page of an app's rooms, the latest planned start first.
    pub async fn rooms(&self, app_id: &AppId, query: &RoomQuery) -> Result<(i64, Vec<Room>)> {
        let (total, rooms) = self.store().rooms(app_id, query).await?;
        let (rules, now) = (self.room_rules(app_id).await?, self.now());
        let settled = rooms.iter().map(|room| settle(room, now, &rules).room);
        Ok((total, settled.collect()))
    }

    /// Until when `rooms`, as they are now, stay what they are if nobody changes them.
    pub async fn unchanged_until(&self, app_id: &AppId, rooms: &[Room]) -> Result<UnixMs> {
        let rules = self.room_rules(app_id).await?;
        let deadlines = rooms.iter().filter_map(|room| next_deadline(room, &rules));
        Ok(deadlines.min().unwrap_or(UnixMs::MAX))
    }

    /// The room with every deadline that has passed: a reader never sees a stale status, even
    /// in the moment before the timer has run.
    pub(crate) async fn settled(&self, room: &Room) -> Result<Room> {
        let rules = self.room_rules(&room.app_id).await?;
        Ok(settle(room, self.now(), &rules).room)
    }

    async fn check_draft(
        &self,
        app_id: &AppId,
        draft: &Draft,
        before: Option<&Draft>,
        now: i64,
    ) -> Result<()> {
        let mut broken = draft::check(draft, before, now, &self.plan_rules(app_id).await?);
        broken.extend(draft::forbidden(draft, before, &self.settings().words));
        if broken.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Fields(broken).into())
        }
    }
}

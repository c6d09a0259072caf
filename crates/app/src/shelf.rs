//! Shelves of rooms, changed through one door.

use kaibo_domain::goods::{Audit, Goods, GoodsRefusal};
use kaibo_domain::id::{AppId, GoodsId, RoomId};
use kaibo_domain::shelf::{Shelf, ShelfCommand, ShelfRefusal, step};
use kaibo_store::Shelved;

use crate::{Kaibo, Result};

impl Kaibo {
    /// Changes a room's shelf, and waits until pages are told.
    pub async fn change_shelf(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        command: ShelfCommand,
    ) -> Result<Shelf> {
        loop {
            let room = self.room(app_id, room_id).await?;
            self.check_goods(app_id, &command).await?;
            let shelf = self.store().shelf(app_id, room_id).await?;
            let (now, rules) = (self.now(), &self.settings().shelf);
            let change = step(&shelf, &command, room.status, now, rules)?;
            if change.events.is_empty() {
                return Ok(change.shelf);
            }
            // What changed meanwhile, room or shelf, is judged anew.
            if let Some(offset) = self.store().save_shelf(&change, &room, now).await? {
                self.carried_out(offset).await?;
                let version = change.shelf.version + 1;
                return Ok(Shelf {
                    version,
                    ..change.shelf
                });
            }
        }
    }

    /// A room's shelf.
    pub async fn shelf(&self, app_id: &AppId, room_id: RoomId) -> Result<Shelf> {
        Ok(self.store().shelf(app_id, room_id).await?)
    }

    /// The goods of rooms, each room's together and in the order of its shelf.
    pub async fn shelved(&self, app_id: &AppId, rooms: &[RoomId]) -> Result<Vec<Shelved>> {
        Ok(self.store().shelved(app_id, rooms).await?)
    }

    /// Refuses goods that are not there, and those that may not be on a shelf yet.
    async fn check_goods(&self, app_id: &AppId, command: &ShelfCommand) -> Result<()> {
        let named: &[GoodsId] = match command {
            ShelfCommand::Add(goods) => goods,
            ShelfCommand::Remove(id)
            | ShelfCommand::OnSale(id, _)
            | ShelfCommand::Push(id)
            | ShelfCommand::Explain(id) => std::slice::from_ref(id),
            // What is not on the shelf has no place in it.
            ShelfCommand::Sort(_) | ShelfCommand::EndExplanation => return Ok(()),
        };
        if matches!(command, ShelfCommand::Add(_) | ShelfCommand::Push(_)) {
            self.refuse_without_goods(app_id).await?;
        }
        let most = self.settings().shelf.max_goods;
        if named.len() > most as usize {
            return Err(ShelfRefusal::TooMany(most).into());
        }
        let found = self.goods_by_ids(app_id, named).await?;
        let is_there = |id: &GoodsId| found.iter().any(|goods| goods.id == *id);
        if !named.iter().all(is_there) {
            return Err(GoodsRefusal::Unknown.into());
        }
        let approved = |goods: &Goods| goods.audit == Audit::Approved;
        if matches!(command, ShelfCommand::Add(_)) && !found.iter().all(approved) {
            return Err(ShelfRefusal::NotApproved.into());
        }
        Ok(())
    }
}

//! A room's shelf: which goods it has, in which order, on sale or not, which card is shown, which
//! goods are being explained. One function changes it.

use crate::UnixMs;
use crate::event::RoomEvent;
use crate::id::{AppId, GoodsId, RoomId};
use crate::status::Status;

/// Goods on a shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShelfItem {
    /// Which.
    pub goods_id: GoodsId,
    /// Viewers can buy them.
    pub on_sale: bool,
    /// Since when they are here.
    pub added_at: UnixMs,
}

/// A card that viewers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Push {
    /// Of which goods.
    pub goods_id: GoodsId,
    /// Until when.
    pub until: UnixMs,
}

/// An explanation that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explaining {
    /// Of which goods.
    pub goods_id: GoodsId,
    /// Since when.
    pub since: UnixMs,
}

/// A room's shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// Whose room.
    pub app_id: AppId,
    /// Which room.
    pub room_id: RoomId,
    /// Goods in the order in which viewers see them.
    pub items: Vec<ShelfItem>,
    /// The last card.
    pub push: Option<Push>,
    /// What is being explained.
    pub explaining: Option<Explaining>,
    /// Counts its changes; a save names the one it read. 0: never saved.
    pub version: i64,
}

/// An explanation that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Of which goods.
    pub goods_id: GoodsId,
    /// From when.
    pub from: UnixMs,
    /// Until when.
    pub to: UnixMs,
}

/// What is asked of a shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShelfCommand {
    /// Put approved goods at its end; those that are there stay where they are.
    Add(Vec<GoodsId>),
    /// Take goods away.
    Remove(GoodsId),
    /// Sell goods, or stop selling them.
    OnSale(GoodsId, bool),
    /// These first, in this order; the others behind, as they were.
    Sort(Vec<GoodsId>),
    /// Show their card.
    Push(GoodsId),
    /// Begin to explain goods; what was being explained is over.
    Explain(GoodsId),
    /// End an explanation.
    EndExplanation,
}

/// Bounds of a shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShelfRules {
    /// Most goods on one shelf.
    pub max_goods: u32,
    /// How long a card is shown.
    pub push_ms: i64,
}

impl Default for ShelfRules {
    fn default() -> Self {
        Self {
            max_goods: 200,
            push_ms: 10_000,
        }
    }
}

/// Why a shelf was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShelfRefusal {
    /// The room's status does not allow it.
    #[error("the shelf of a room in status {} does not allow this", .0.number())]
    NotAllowed(Status),
    /// These goods are not on it.
    #[error("the room has no such goods")]
    NotOnShelf,
    /// Goods that are not approved.
    #[error("the goods are not approved")]
    NotApproved,
    /// It is full already.
    #[error("the shelf has {0} goods, as many as it may")]
    Full(u32),
    /// It has room, but not for so many.
    #[error("the shelf takes at most {0} goods")]
    TooMany(u32),
    /// Nothing to sort or to add.
    #[error("no goods are named")]
    Empty,
    /// A card is being shown.
    #[error("a card is being shown")]
    PushUnderWay,
    /// The card of these very goods is being shown.
    #[error("the card of these goods is being shown")]
    BeingPushed,
    /// Goods that are not on sale.
    #[error("the goods are not on sale")]
    OffSale,
    /// Nothing is being explained.
    #[error("nothing is being explained")]
    NothingExplained,
}

/// A shelf after a command, and what to save with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShelfChange {
    /// The shelf.
    pub shelf: Shelf,
    /// What happened; nothing, where all was so already.
    pub events: Vec<RoomEvent>,
    /// The explanation that is over with it.
    pub explained: Option<Explanation>,
}

impl Shelf {
    /// An empty one.
    pub fn new(app_id: AppId, room_id: RoomId) -> Self {
        Self {
            app_id,
            room_id,
            items: Vec::new(),
            push: None,
            explaining: None,
            version: 0,
        }
    }

    /// The card that is being shown.
    pub fn card(&self, now: UnixMs) -> Option<Push> {
        self.push.filter(|push| push.until > now)
    }

    fn at(&self, goods_id: GoodsId) -> Result<usize, ShelfRefusal> {
        let found = self.items.iter().position(|item| item.goods_id == goods_id);
        found.ok_or(ShelfRefusal::NotOnShelf)
    }
}

/// Applies `command` to the shelf of a room in `status`. That goods exist and are approved is for
/// whoever knows goods to see.
pub fn step(
    shelf: &Shelf,
    command: &ShelfCommand,
    status: Status,
    now: UnixMs,
    rules: &ShelfRules,
) -> Result<ShelfChange, ShelfRefusal> {
    let needs_picture = matches!(command, ShelfCommand::Push(_) | ShelfCommand::Explain(_));
    let allowed = if needs_picture {
        status == Status::Live
    } else {
        status.takes_a_stream()
    };
    if !allowed {
        return Err(ShelfRefusal::NotAllowed(status));
    }
    let mut change = ShelfChange {
        shelf: shelf.clone(),
        events: Vec::new(),
        explained: None,
    };
    match command {
        ShelfCommand::Add(goods) => add(&mut change, goods, now, rules)?,
        ShelfCommand::Remove(goods_id) => remove(&mut change, *goods_id, now)?,
        ShelfCommand::OnSale(goods_id, on_sale) => {
            set_on_sale(&mut change, *goods_id, *on_sale, now)?;
        }
        ShelfCommand::Sort(first) => sort(&mut change, first)?,
        ShelfCommand::Push(goods_id) => push(&mut change, *goods_id, now, rules)?,
        ShelfCommand::Explain(goods_id) => explain(&mut change, *goods_id, now)?,
        ShelfCommand::EndExplanation => {
            if !end_explanation(&mut change, now) {
                return Err(ShelfRefusal::NothingExplained);
            }
        }
    }
    Ok(change)
}

fn add(
    change: &mut ShelfChange,
    goods: &[GoodsId],
    now: UnixMs,
    rules: &ShelfRules,
) -> Result<(), ShelfRefusal> {
    if goods.is_empty() {
        return Err(ShelfRefusal::Empty);
    }
    let items = &mut change.shelf.items;
    let mut added = Vec::new();
    for goods_id in goods {
        if !items.iter().any(|item| item.goods_id == *goods_id) {
            added.push(*goods_id);
            items.push(ShelfItem {
                goods_id: *goods_id,
                on_sale: true,
                added_at: now,
            });
        }
    }
    let most = rules.max_goods as usize;
    if !added.is_empty() && items.len() > most {
        let was_full = items.len() - added.len() >= most;
        let refuse = if was_full {
            ShelfRefusal::Full
        } else {
            ShelfRefusal::TooMany
        };
        return Err(refuse(rules.max_goods));
    }
    if !added.is_empty() {
        change.events.push(RoomEvent::GoodsAdded { goods: added });
    }
    Ok(())
}

fn remove(change: &mut ShelfChange, goods_id: GoodsId, now: UnixMs) -> Result<(), ShelfRefusal> {
    let at = change.shelf.at(goods_id)?;
    if change.shelf.card(now).is_some() {
        return Err(ShelfRefusal::PushUnderWay);
    }
    if change
        .shelf
        .explaining
        .is_some_and(|e| e.goods_id == goods_id)
    {
        end_explanation(change, now);
    }
    change.shelf.items.remove(at);
    change.events.push(RoomEvent::GoodsRemoved { goods_id });
    Ok(())
}

fn set_on_sale(
    change: &mut ShelfChange,
    goods_id: GoodsId,
    on_sale: bool,
    now: UnixMs,
) -> Result<(), ShelfRefusal> {
    let at = change.shelf.at(goods_id)?;
    let card = change.shelf.card(now);
    if card.is_some_and(|card| card.goods_id == goods_id) {
        return Err(ShelfRefusal::BeingPushed);
    }
    let item = &mut change.shelf.items[at];
    if item.on_sale != on_sale {
        item.on_sale = on_sale;
        change
            .events
            .push(RoomEvent::GoodsOnSale { goods_id, on_sale });
    }
    Ok(())
}

fn sort(change: &mut ShelfChange, first: &[GoodsId]) -> Result<(), ShelfRefusal> {
    if first.is_empty() {
        return Err(ShelfRefusal::Empty);
    }
    let before = change.shelf.items.clone();
    // What is not on the shelf has no place in it; the first mention counts.
    let place = |item: &ShelfItem| first.iter().position(|id| *id == item.goods_id);
    change
        .shelf
        .items
        .sort_by_key(|item| place(item).unwrap_or(usize::MAX));
    if change.shelf.items != before {
        change.events.push(RoomEvent::GoodsSorted);
    }
    Ok(())
}

fn push(
    change: &mut ShelfChange,
    goods_id: GoodsId,
    now: UnixMs,
    rules: &ShelfRules,
) -> Result<(), ShelfRefusal> {
    let at = change.shelf.at(goods_id)?;
    if !change.shelf.items[at].on_sale {
        return Err(ShelfRefusal::OffSale);
    }
    if change.shelf.card(now).is_some() {
        return Err(ShelfRefusal::PushUnderWay);
    }
    let until = now + rules.push_ms;
    change.shelf.push = Some(Push { goods_id, until });
    change
        .events
        .push(RoomEvent::GoodsPushed { goods_id, until });
    Ok(())
}

fn explain(change: &mut ShelfChange, goods_id: GoodsId, now: UnixMs) -> Result<(), ShelfRefusal> {
    change.shelf.at(goods_id)?;
    if change
        .shelf
        .explaining
        .is_some_and(|e| e.goods_id == goods_id)
    {
        return Ok(());
    }
    end_explanation(change, now);
    change.shelf.explaining = Some(Explaining {
        goods_id,
        since: now,
    });
    change.events.push(RoomEvent::GoodsExplained { goods_id });
    Ok(())
}

fn end_explanation(change: &mut ShelfChange, now: UnixMs) -> bool {
    let Some(Explaining { goods_id, since }) = change.shelf.explaining.take() else {
        return false;
    };
    change.explained = Some(Explanation {
        goods_id,
        from: since,
        to: now,
    });
    change.events.push(RoomEvent::ExplanationEnded { goods_id });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = 100_000;
    const RULES: ShelfRules = ShelfRules {
        max_goods: 3,
        push_ms: 10_000,
    };

    fn shelf(goods: &[i64]) -> Shelf {
        let mut shelf = Shelf::new("wx_one".parse().unwrap(), RoomId(1));
        shelf.items = goods
            .iter()
            .map(|id| ShelfItem {
                goods_id: GoodsId(*id),
                on_sale: true,
                added_at: 1,
            })
            .collect();
        shelf
    }

    fn live(shelf: &Shelf, command: ShelfCommand) -> Result<ShelfChange, ShelfRefusal> {
        step(shelf, &command, Status::Live, NOW, &RULES)
    }

    fn ids(change: &ShelfChange) -> Vec<i64> {
        change.shelf.items.iter().map(|i| i.goods_id.0).collect()
    }

    fn goods(ids: &[i64]) -> Vec<GoodsId> {
        ids.iter().map(|id| GoodsId(*id)).collect()
    }

    #[test]
    fn goods_are_added_behind_those_that_are_there() {
        let change = live(&shelf(&[5]), ShelfCommand::Add(goods(&[7, 5, 7]))).unwrap();
        assert_eq!(ids(&change), [5, 7]);
        let added = RoomEvent::GoodsAdded { goods: goods(&[7]) };
        assert_eq!(change.events, [added]);
        let again = live(&change.shelf, ShelfCommand::Add(goods(&[5]))).unwrap();
        assert_eq!(again.events, []);
    }

    #[test]
    fn a_full_shelf_differs_from_one_that_would_be_too_full() {
        let too_many = live(&shelf(&[1, 2]), ShelfCommand::Add(goods(&[3, 4])));
        assert_eq!(too_many, Err(ShelfRefusal::TooMany(3)));
        let full = live(&shelf(&[1, 2, 3]), ShelfCommand::Add(goods(&[4])));
        assert_eq!(full, Err(ShelfRefusal::Full(3)));
        assert!(live(&shelf(&[1, 2, 3]), ShelfCommand::Add(goods(&[3]))).is_ok());
    }

    #[test]
    fn one_card_at_a_time_and_only_of_goods_on_sale() {
        let before = live(&shelf(&[1, 2]), ShelfCommand::OnSale(GoodsId(2), false)).unwrap();
        let off = live(&before.shelf, ShelfCommand::Push(GoodsId(2)));
        assert_eq!(off, Err(ShelfRefusal::OffSale));
        let absent = live(&before.shelf, ShelfCommand::Push(GoodsId(9)));
        assert_eq!(absent, Err(ShelfRefusal::NotOnShelf));
        let pushed = live(&before.shelf, ShelfCommand::Push(GoodsId(1)))
            .unwrap()
            .shelf;
        for (command, refusal) in [
            (ShelfCommand::Push(GoodsId(1)), ShelfRefusal::PushUnderWay),
            (ShelfCommand::Remove(GoodsId(2)), ShelfRefusal::PushUnderWay),
            (
                ShelfCommand::OnSale(GoodsId(1), false),
                ShelfRefusal::BeingPushed,
            ),
        ] {
            assert_eq!(live(&pushed, command), Err(refusal));
        }
        assert!(live(&pushed, ShelfCommand::OnSale(GoodsId(2), true)).is_ok());
        let later = NOW + RULES.push_ms;
        let again = step(
            &pushed,
            &ShelfCommand::Push(GoodsId(1)),
            Status::Live,
            later,
            &RULES,
        );
        assert_eq!(
            again.unwrap().shelf.push.unwrap().until,
            later + RULES.push_ms
        );
    }

    #[test]
    fn named_goods_come_first_and_the_others_stay_in_order() {
        let change = live(&shelf(&[1, 2, 3]), ShelfCommand::Sort(goods(&[9, 3, 1, 3]))).unwrap();
        assert_eq!(ids(&change), [3, 1, 2]);
        assert_eq!(change.events, [RoomEvent::GoodsSorted]);
        let same = live(&shelf(&[1, 2]), ShelfCommand::Sort(goods(&[1]))).unwrap();
        assert_eq!(same.events, []);
        let nothing = live(&shelf(&[1]), ShelfCommand::Sort(Vec::new()));
        assert_eq!(nothing, Err(ShelfRefusal::Empty));
    }

    #[test]
    fn an_explanation_ends_with_the_next_and_with_its_goods() {
        let first = live(&shelf(&[1, 2]), ShelfCommand::Explain(GoodsId(1))).unwrap();
        assert_eq!(first.explained, None);
        let next = live(&first.shelf, ShelfCommand::Explain(GoodsId(2))).unwrap();
        let over = |goods_id| {
            Some(Explanation {
                goods_id,
                from: NOW,
                to: NOW,
            })
        };
        assert_eq!(next.explained, over(GoodsId(1)));
        assert_eq!(next.events.len(), 2);
        let gone = live(&next.shelf, ShelfCommand::Remove(GoodsId(2))).unwrap();
        assert_eq!(gone.explained, over(GoodsId(2)));
        let nothing = live(&gone.shelf, ShelfCommand::EndExplanation);
        assert_eq!(nothing, Err(ShelfRefusal::NothingExplained));
    }

    #[test]
    fn a_room_s_status_says_what_its_shelf_allows() {
        let commands = [
            ShelfCommand::Add(goods(&[2])),
            ShelfCommand::Remove(GoodsId(1)),
            ShelfCommand::OnSale(GoodsId(1), false),
            ShelfCommand::Sort(goods(&[1])),
            ShelfCommand::Push(GoodsId(1)),
            ShelfCommand::Explain(GoodsId(1)),
        ];
        for status in Status::ALL {
            let allowed: String = commands
                .iter()
                .map(
                    |command| match step(&shelf(&[1]), command, status, NOW, &RULES) {
                        Ok(_) => 'y',
                        Err(ShelfRefusal::NotAllowed(_)) => 'n',
                        Err(other) => panic!("{command:?} {other}"),
                    },
                )
                .collect();
            let wanted = match status {
                Status::Live => "yyyyyy",
                Status::Planned | Status::Paused | Status::Lost => "yyyynn",
                Status::Ended | Status::Banned | Status::Expired => "nnnnnn",
            };
            assert_eq!(allowed, wanted, "{status:?}");
        }
    }
}

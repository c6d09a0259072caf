//! The audit of goods: what may be done in which state, and what the automatic review decides.

use serde::{Deserialize, Serialize};

use super::{Goods, GoodsDraft, GoodsRefusal, Origin};
use crate::UnixMs;
use crate::id::AuditId;
use crate::words::Words;

/// Where an audit stands; the numbers are WeChat's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audit {
    /// 0: not submitted, or withdrawn.
    NotSubmitted,
    /// 1: in audit.
    Pending,
    /// 2: may be put on shelves.
    Approved,
    /// 3: may not; edited, it may be submitted again.
    Rejected,
}

impl Audit {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::NotSubmitted,
        Self::Pending,
        Self::Approved,
        Self::Rejected,
    ];

    /// WeChat's number.
    pub fn number(self) -> i64 {
        match self {
            Self::NotSubmitted => 0,
            Self::Pending => 1,
            Self::Approved => 2,
            Self::Rejected => 3,
        }
    }

    /// The state of a number.
    pub fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|audit| audit.number() == number)
    }
}

/// Why goods were rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Id of the rule, such as `word.absolute_claim`; `manual` where a person decided.
    pub rule: String,
    /// For whoever made the goods: what to mend.
    pub reason: String,
}

/// What a review found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Good.
    Approved,
    /// Not good.
    Rejected(Rejection),
}

impl Decision {
    /// A person's rejection; without words of theirs, with general ones.
    pub fn by_hand(reason: &str) -> Self {
        let reason = match reason.trim() {
            "" => "商品未通过人工审核，请检查商品信息后重新提交",
            reason => reason,
        };
        Self::Rejected(Rejection {
            rule: "manual".to_owned(),
            reason: reason.to_owned(),
        })
    }
}

/// Submits goods; the number of the submission comes from the store.
pub fn submit(goods: &Goods, door: Origin, now: UnixMs) -> Result<Goods, GoodsRefusal> {
    made_at(goods, door)?;
    match goods.audit {
        Audit::NotSubmitted | Audit::Rejected => Ok(Goods {
            audit: Audit::Pending,
            submitted_at: Some(now),
            decided_at: None,
            rejection: None,
            ..goods.clone()
        }),
        audit => Err(GoodsRefusal::NotSubmittable(audit)),
    }
}

/// Takes a submission back; what it took from the day's number is not given back.
pub fn withdraw(
    goods: &Goods,
    door: Origin,
    audit_id: Option<AuditId>,
) -> Result<Goods, GoodsRefusal> {
    if goods.audit_id.is_none() {
        return Err(GoodsRefusal::NeverSubmitted);
    }
    made_at(goods, door)?;
    let is_it = audit_id.is_none() || audit_id == goods.audit_id;
    if goods.audit != Audit::Pending || !is_it {
        return Err(GoodsRefusal::NotWithdrawable);
    }
    Ok(Goods {
        audit: Audit::NotSubmitted,
        ..goods.clone()
    })
}

/// Decides a submission.
pub fn decide(goods: &Goods, decision: Decision, now: UnixMs) -> Result<Goods, GoodsRefusal> {
    if goods.audit != Audit::Pending {
        return Err(GoodsRefusal::NotInAudit);
    }
    let (audit, rejection) = match decision {
        Decision::Approved => (Audit::Approved, None),
        Decision::Rejected(rejection) => (Audit::Rejected, Some(rejection)),
    };
    Ok(Goods {
        audit,
        rejection,
        decided_at: Some(now),
        ..goods.clone()
    })
}

/// Decides this very submission, and no later one of the same goods.
pub fn decide_submission(
    goods: &Goods,
    audit_id: Option<AuditId>,
    decision: Decision,
    now: UnixMs,
) -> Result<Goods, GoodsRefusal> {
    if audit_id.is_some() && audit_id != goods.audit_id {
        return Err(GoodsRefusal::NotInAudit);
    }
    decide(goods, decision, now)
}

/// Changes goods: anything before an audit and after a rejection, nothing in it, the price after
/// an approval (spec section 7, E31).
pub fn edit(goods: &Goods, door: Origin, draft: GoodsDraft) -> Result<Goods, GoodsRefusal> {
    made_at(goods, door)?;
    match goods.audit {
        Audit::Pending => return Err(GoodsRefusal::InAudit),
        Audit::Approved => {
            let priced = GoodsDraft {
                price: draft.price,
                ..goods.draft.clone()
            };
            if draft != priced {
                return Err(GoodsRefusal::OnlyPrice);
            }
        }
        Audit::NotSubmitted | Audit::Rejected => {}
    }
    Ok(Goods {
        draft,
        ..goods.clone()
    })
}

/// Deletes goods for good. The console's people may delete whatever is in the library.
pub fn delete(goods: &Goods, door: Origin, now: UnixMs) -> Result<Goods, GoodsRefusal> {
    if door == Origin::Api {
        made_at(goods, door)?;
    }
    if goods.audit == Audit::Pending {
        return Err(GoodsRefusal::InAudit);
    }
    Ok(Goods {
        deleted_at: Some(now),
        ..goods.clone()
    })
}

fn made_at(goods: &Goods, door: Origin) -> Result<(), GoodsRefusal> {
    if goods.origin == door {
        Ok(())
    } else {
        Err(GoodsRefusal::MadeElsewhere(goods.origin))
    }
}

/// A picture as a review sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: i32,
    /// Pixels down.
    pub height: i32,
}

/// Least width and height of a picture on which anything can be seen, in pixels.
const LEAST_PIXELS: i32 = 80;

/// The automatic review: words, then the picture (`None`: it cannot be shown).
pub fn review(draft: &GoodsDraft, picture: Option<Picture>, words: &Words) -> Decision {
    let reject = |rule: &str, reason: String| {
        Decision::Rejected(Rejection {
            rule: rule.to_owned(),
            reason,
        })
    };
    if words.forbid(&draft.name) {
        let reason = "商品名称含违禁内容，请修改名称后重新提交";
        return reject("word.forbidden", reason.to_owned());
    }
    if let Some((rule, word)) = words.claim(&draft.name) {
        let reason = format!("商品名称含不允许使用的宣传用语“{word}”，请修改名称后重新提交");
        return reject(rule.id(), reason);
    }
    match picture {
        None => reject(
            "image.unreadable",
            "商品图片无法显示，请重新上传图片后提交".to_owned(),
        ),
        Some(p) if p.width < LEAST_PIXELS || p.height < LEAST_PIXELS => reject(
            "image.too_small",
            format!("商品图片过小，宽高均需不少于 {LEAST_PIXELS} 像素，请更换图片后重新提交"),
        ),
        Some(_) => Decision::Approved,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Price, tests::draft};
    use super::*;
    use crate::id::GoodsId;

    const NOW: UnixMs = 1_000;

    fn goods(audit: Audit) -> Goods {
        Goods {
            id: GoodsId(7),
            app_id: "wx_one".parse().unwrap(),
            draft: draft(),
            origin: Origin::Api,
            audit,
            audit_id: Some(AuditId(9)),
            submitted_at: Some(1),
            decided_at: None,
            rejection: None,
            created_at: 1,
            deleted_at: None,
            version: 1,
        }
    }

    fn named(name: &str) -> GoodsDraft {
        GoodsDraft {
            name: name.into(),
            ..draft()
        }
    }

    /// What each act makes of each state: the whole table.
    #[test]
    fn an_audit_goes_its_way_and_no_other() {
        use Audit::{Approved, NotSubmitted, Pending, Rejected};
        let no = Decision::Rejected(Rejection {
            rule: "manual".into(),
            reason: "图片与商品不符".into(),
        });
        let table = [NotSubmitted, Pending, Approved, Rejected].map(|audit| {
            let goods = goods(audit);
            let to = |done: Result<Goods, GoodsRefusal>| done.ok().map(|goods| goods.audit);
            [
                to(submit(&goods, Origin::Api, NOW)),
                to(withdraw(&goods, Origin::Api, Some(AuditId(9)))),
                to(decide(&goods, Decision::Approved, NOW)),
                to(decide(&goods, no.clone(), NOW)),
                to(edit(&goods, Origin::Api, named("帆布斜挎包"))),
                to(delete(&goods, Origin::Api, NOW)),
            ]
        });
        let [none, pending, approved, rejected] =
            [NotSubmitted, Pending, Approved, Rejected].map(Some);
        assert_eq!(
            table,
            [
                [pending, None, None, None, none, none],
                [None, none, approved, rejected, None, None],
                [None, None, None, None, None, approved],
                [pending, None, None, None, rejected, rejected],
            ]
        );
    }

    #[test]
    fn approved_goods_may_get_another_price_and_nothing_else() {
        let goods = goods(Audit::Approved);
        let cheaper = GoodsDraft {
            price: Price::Fixed(4_990),
            ..draft()
        };
        let edited = edit(&goods, Origin::Api, cheaper.clone()).unwrap();
        assert_eq!((edited.audit, edited.draft), (Audit::Approved, cheaper));
        let renamed = edit(&goods, Origin::Api, named("帆布斜挎包"));
        assert_eq!(renamed, Err(GoodsRefusal::OnlyPrice));
    }

    #[test]
    fn each_door_leaves_the_other_s_goods_alone() {
        let goods = goods(Audit::NotSubmitted);
        let elsewhere = GoodsRefusal::MadeElsewhere(Origin::Api);
        assert_eq!(submit(&goods, Origin::Console, NOW), Err(elsewhere.clone()));
        assert_eq!(edit(&goods, Origin::Console, draft()), Err(elsewhere));
        assert!(delete(&goods, Origin::Console, NOW).is_ok());
    }

    #[test]
    fn only_the_last_submission_is_withdrawn() {
        let other = withdraw(&goods(Audit::Pending), Origin::Api, Some(AuditId(1)));
        assert_eq!(other, Err(GoodsRefusal::NotWithdrawable));
        let never = Goods {
            audit_id: None,
            ..goods(Audit::NotSubmitted)
        };
        let withdrawn = withdraw(&never, Origin::Api, Some(AuditId(1)));
        assert_eq!(withdrawn, Err(GoodsRefusal::NeverSubmitted));
    }

    #[test]
    fn a_verdict_on_one_submission_decides_no_other() {
        let pending = goods(Audit::Pending);
        let decide = |id| decide_submission(&pending, id, Decision::Approved, NOW);
        assert_eq!(decide(Some(AuditId(8))), Err(GoodsRefusal::NotInAudit));
        assert!(decide(Some(AuditId(9))).is_ok());
        assert!(decide(None).is_ok());
    }

    #[test]
    fn a_rejection_names_its_rule_and_what_to_mend() {
        let words = Words::default();
        let square = Some(Picture {
            width: 300,
            height: 300,
        });
        let rule = |name: &str, picture| match review(&named(name), picture, &words) {
            Decision::Approved => String::new(),
            Decision::Rejected(why) => {
                assert!(why.reason.contains('请'), "{}", why.reason);
                why.rule
            }
        };
        assert_eq!(rule("帆布双肩包", square), "");
        assert_eq!(rule("全网最低双肩包", square), "word.absolute_claim");
        assert_eq!(rule("抗癌双肩包", square), "word.medical_claim");
        assert_eq!(rule("帆布双肩包", None), "image.unreadable");
        let tiny = Some(Picture {
            width: 300,
            height: 1,
        });
        assert_eq!(rule("帆布双肩包", tiny), "image.too_small");
    }
}

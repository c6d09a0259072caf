//! Whether an app may use live: WeChat's six conditions, or thresholds of an operator's own, held
//! against what is known of the app (spec section 1.1).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::UnixMs;
use crate::category::Category;

/// What is asked of an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Policy {
    /// Nothing.
    #[default]
    Open,
    /// What WeChat asked while it took new apps.
    Wechat,
    /// An operator's own.
    Custom(Thresholds),
}

/// The size of each condition. `None`: it is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Thresholds {
    /// 1: no natural person, and a category is declared.
    #[serde(default)]
    pub subject: bool,
    /// 2: so many days without a serious violation.
    pub violation_free_days: Option<i64>,
    /// 3: a payment within so many days.
    pub payment_days: Option<i64>,
    /// 4: more followers than this.
    pub followers_over: Option<i64>,
    /// 5: more users than this on each of seven days in a row.
    pub active_users_over: Option<i64>,
    /// 6: at least so much spent on ads within a year, in fen.
    pub ad_spend_fen: Option<i64>,
}

impl Thresholds {
    /// WeChat's own.
    pub const WECHAT: Self = Self {
        subject: true,
        violation_free_days: Some(183),
        payment_days: Some(90),
        followers_over: Some(100),
        active_users_over: Some(100),
        ad_spend_fen: Some(1_000_000),
    };
}

/// Days in a row that condition 5 looks at.
const ACTIVE_DAYS: usize = 7;
/// How old the last of them may be.
const ACTIVE_WITHIN_DAYS: i64 = 30;
/// How long a number that grows slowly (followers, ads) stands for the present.
const STALE_AFTER_DAYS: i64 = 90;

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FactKind {
    /// Who runs the app: 1 a company or the like, 0 a natural person.
    Subject,
    /// A serious violation on that day; 0 takes it back.
    Violation,
    /// Payments on that day, how many; those of developers' tools do not count.
    Payment,
    /// Followers of the owner's official accounts.
    Followers,
    /// Users of the app on that day.
    ActiveUsers,
    /// Spent on ads in the year that ends on that day, in fen.
    AdSpend,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// Somebody who runs this installation.
    Operator,
    /// The merchant's own system.
    Merchant,
}

/// One thing that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub kind: FactKind,
    /// The day it is about.
    pub date: Date,
    /// How many.
    pub value: i64,
    /// Who says so.
    pub source: Source,
    /// When that was said.
    pub noted_at: UnixMs,
}

/// One of the six.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// 1.
    Subject,
    /// 2.
    Violation,
    /// 3.
    Payment,
    /// 4.
    Followers,
    /// 5.
    ActiveUsers,
    /// 6.
    AdSpend,
}

impl Condition {
    /// Whether it must hold by itself; of the others one is enough.
    pub fn is_must(self) -> bool {
        matches!(self, Self::Subject | Self::Violation | Self::Payment)
    }
}

/// What is missing, and by how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Nothing is known.
    Unknown,
    /// A natural person runs the app.
    Personal,
    /// No category is declared.
    NoCategory,
    /// So many more are needed.
    TooFew(i64),
    /// It is so many days too old.
    TooOld(i64),
    /// It must be so many days older.
    TooRecent(i64),
    /// Statistics have a day's delay: it counts from this day on.
    CountsFrom(Date),
}

/// How one condition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub condition: Condition,
    /// The fact that it was judged by.
    pub fact: Option<Fact>,
    /// What is missing; `None`: it holds.
    pub lack: Option<Lack>,
}

/// Whether an app may use live, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// It may.
    pub admitted: bool,
    /// Every condition that is asked for.
    pub conditions: Vec<Standing>,
}

/// What was set for an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// What is asked of it.
    pub policy: Policy,
    /// What it says it sells.
    pub category: Option<Category>,
    /// Shut, whatever it fulfils.
    pub disabled: bool,
}

/// Judges an app by what is known on the day `today`.
pub fn judge(set: &Admission, facts: &[Fact], today: Date) -> Judgement {
    let asked = match set.policy {
        Policy::Open => None,
        Policy::Wechat => Some(Thresholds::WECHAT),
        Policy::Custom(thresholds) => Some(thresholds),
    };
    let known = Known { facts, today };
    let conditions = asked.map_or_else(Vec::new, |asked| known.stand(&asked, set.category));
    let holds = |s: &Standing| s.lack.is_none();
    let (musts, others): (Vec<Standing>, Vec<Standing>) = conditions
        .iter()
        .copied()
        .partition(|s| s.condition.is_must());
    let one_of_others = others.is_empty() || others.iter().any(holds);
    Judgement {
        admitted: !set.disabled && musts.iter().all(holds) && one_of_others,
        conditions,
    }
}

struct Known<'a> {
    facts: &'a [Fact],
    today: Date,
}

impl Known<'_> {
    fn stand(&self, asked: &Thresholds, category: Option<Category>) -> Vec<Standing> {
        let all = [
            asked.subject.then(|| self.subject(category)),
            asked.violation_free_days.map(|days| self.violation(days)),
            asked.payment_days.map(|days| self.payment(days)),
            asked.followers_over.map(|over| {
                self.at_least(
                    Condition::Followers,
                    FactKind::Followers,
                    over.saturating_add(1),
                )
            }),
            asked
                .active_users_over
                .map(|over| self.active_users(over.saturating_add(1))),
            asked
                .ad_spend_fen
                .map(|fen| self.at_least(Condition::AdSpend, FactKind::AdSpend, fen)),
        ];
        all.into_iter().flatten().collect()
    }

    /// Days between a fact's and today; below 0 in the future.
    fn age(&self, fact: &Fact) -> i64 {
        let span = self.today.since(fact.date);
        span.map_or(i64::MIN, |span| i64::from(span.get_days()))
    }

    fn newest(&self, kind: FactKind, fits: impl Fn(&Fact) -> bool) -> Option<Fact> {
        let of_kind = self.facts.iter().filter(|f| f.kind == kind && fits(f));
        of_kind.max_by_key(|fact| fact.date).copied()
    }

    fn subject(&self, category: Option<Category>) -> Standing {
        let fact = self.newest(FactKind::Subject, |fact| self.age(fact) >= 0);
        let lack = match fact {
            None => Some(Lack::Unknown),
            Some(fact) if fact.value == 0 => Some(Lack::Personal),
            Some(_) if category.is_none() => Some(Lack::NoCategory),
            Some(_) => None,
        };
        Standing {
            condition: Condition::Subject,
            fact,
            lack,
        }
    }

    /// Nobody notes that there was none.
    fn violation(&self, days: i64) -> Standing {
        let fact = self.newest(FactKind::Violation, |fact| fact.value > 0);
        let wait = fact.map_or(0, |fact| days - self.age(&fact));
        Standing {
            condition: Condition::Violation,
            fact,
            lack: (wait > 0).then_some(Lack::TooRecent(wait)),
        }
    }

    fn payment(&self, days: i64) -> Standing {
        let counted = self.newest(FactKind::Payment, |f| f.value > 0 && self.age(f) >= 1);
        let pending = self.newest(FactKind::Payment, |f| f.value > 0 && self.age(f) < 1);
        let late = counted.map_or(0, |fact| self.age(&fact) - days);
        let (fact, lack) = match (counted, pending) {
            (Some(fact), _) if late <= 0 => (Some(fact), None),
            // One that counts tomorrow says more than one that is too old.
            (_, Some(fact)) => (Some(fact), Some(counts_from(&fact))),
            (Some(fact), None) => (Some(fact), Some(Lack::TooOld(late))),
            (None, None) => (None, Some(Lack::Unknown)),
        };
        Standing {
            condition: Condition::Payment,
            fact,
            lack,
        }
    }

    fn at_least(&self, condition: Condition, kind: FactKind, least: i64) -> Standing {
        let counted = self.newest(kind, |fact| self.age(fact) >= 1);
        let fact = counted.or_else(|| self.newest(kind, |_| true));
        let lack = fact.map_or(Some(Lack::Unknown), |fact| match self.age(&fact) {
            ..=0 => Some(counts_from(&fact)),
            age if age > STALE_AFTER_DAYS => Some(Lack::TooOld(age - STALE_AFTER_DAYS)),
            _ if fact.value < least => Some(Lack::TooFew(least - fact.value)),
            _ => None,
        });
        Standing {
            condition,
            fact,
            lack,
        }
    }

    /// Seven days in a row, the last of them within a month. What is missing is told of the best
    /// seven: how many more users their weakest day needs, or of how many days nothing is known.
    fn active_users(&self, least: i64) -> Standing {
        let mut best: Option<(Fact, i64)> = None;
        for ago in 1..=ACTIVE_WITHIN_DAYS {
            let week = (ago..)
                .take(ACTIVE_DAYS)
                .map(|ago| self.newest(FactKind::ActiveUsers, |fact| self.age(fact) == ago));
            let week: Vec<Option<Fact>> = week.collect();
            let known: Vec<Fact> = week.iter().flatten().copied().collect();
            let Some(last) = known.first() else { continue };
            let missing_days = (ACTIVE_DAYS - known.len()) as i64;
            let weakest = known.iter().map(|fact| fact.value).min().unwrap_or(0);
            let lacks = (least - weakest).max(0) + missing_days * least.max(1);
            if best.is_none_or(|(_, least_so_far)| lacks < least_so_far) {
                best = Some((*last, lacks));
            }
        }
        Standing {
            condition: Condition::ActiveUsers,
            fact: best.map(|(fact, _)| fact),
            lack: match best {
                None => Some(Lack::Unknown),
                Some((_, 0)) => None,
                Some((_, lacks)) => Some(Lack::TooFew(lacks)),
            },
        }
    }
}

fn counts_from(fact: &Fact) -> Lack {
    Lack::CountsFrom(fact.date.tomorrow().unwrap_or(fact.date))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 25);

    fn fact(kind: FactKind, days_ago: i64, value: i64) -> Fact {
        Fact {
            kind,
            date: TODAY.saturating_sub(jiff::Span::new().days(days_ago)),
            value,
            source: Source::Operator,
            noted_at: 0,
        }
    }

    fn wechat() -> Admission {
        Admission {
            policy: Policy::Wechat,
            category: Some(Category::Food),
            disabled: false,
        }
    }

    /// All of 1 to 4.
    fn good() -> Vec<Fact> {
        vec![
            fact(FactKind::Subject, 0, 1),
            fact(FactKind::Payment, 1, 3),
            fact(FactKind::Followers, 1, 101),
        ]
    }

    fn lacks(facts: &[Fact]) -> (bool, Vec<(Condition, Lack)>) {
        let judged = judge(&wechat(), facts, TODAY);
        let lacks = judged.conditions.iter();
        let lacks = lacks.filter_map(|s| Some((s.condition, s.lack?)));
        (judged.admitted, lacks.collect())
    }

    /// Without the fact of this kind that `good` has, and with these.
    fn with(kind: FactKind, others: &[Fact]) -> Vec<Fact> {
        let mut facts = good();
        facts.retain(|fact| fact.kind != kind);
        facts.extend(others);
        facts
    }

    #[test]
    fn open_asks_for_nothing_and_disabled_lets_nobody_in() {
        let open = Admission::default();
        assert!(judge(&open, &[], TODAY).admitted);
        let disabled = Admission {
            disabled: true,
            ..open
        };
        assert!(!judge(&disabled, &good(), TODAY).admitted);
    }

    #[test]
    fn three_musts_and_one_of_three_others_are_enough() {
        let (admitted, missing) = lacks(&good());
        assert!(admitted);
        let unknown = |c| (c, Lack::Unknown);
        let others = [Condition::ActiveUsers, Condition::AdSpend].map(unknown);
        assert_eq!(missing, others);
        let (admitted, missing) = lacks(&[]);
        assert!(!admitted);
        let of = |c: Condition| missing.iter().any(|(m, _)| *m == c);
        assert!(of(Condition::Subject) && of(Condition::Payment));
        assert!(
            !of(Condition::Violation),
            "nobody notes that there was none"
        );
    }

    #[test]
    fn a_person_and_an_app_without_a_category_are_told_apart() {
        let person = with(FactKind::Subject, &[fact(FactKind::Subject, 3, 0)]);
        assert!(
            lacks(&person)
                .1
                .contains(&(Condition::Subject, Lack::Personal))
        );
        let undeclared = Admission {
            category: None,
            ..wechat()
        };
        let judged = judge(&undeclared, &good(), TODAY);
        assert!(!judged.admitted);
        assert_eq!(judged.conditions[0].lack, Some(Lack::NoCategory));
    }

    #[test]
    fn a_violation_weighs_for_half_a_year() {
        let of = |days| {
            let mut facts = good();
            facts.push(fact(FactKind::Violation, days, 1));
            lacks(&facts)
        };
        let (admitted, missing) = of(182);
        assert!(!admitted);
        assert_eq!(missing[0], (Condition::Violation, Lack::TooRecent(1)));
        assert!(of(183).0);
        let mut taken_back = good();
        taken_back.push(fact(FactKind::Violation, 5, 0));
        assert!(lacks(&taken_back).0);
    }

    #[test]
    fn a_payment_counts_from_the_next_day_on_for_ninety_days() {
        let of = |days: &[i64]| {
            let paid: Vec<_> = days
                .iter()
                .map(|d| fact(FactKind::Payment, *d, 1))
                .collect();
            let (admitted, missing) = lacks(&with(FactKind::Payment, &paid));
            let lack = missing.iter().find(|(c, _)| *c == Condition::Payment);
            (admitted, lack.map(|(_, lack)| *lack))
        };
        let tomorrow = Lack::CountsFrom(TODAY.tomorrow().unwrap());
        assert_eq!(of(&[0]), (false, Some(tomorrow)));
        assert_eq!(of(&[1]), (true, None));
        assert_eq!(of(&[90]), (true, None));
        assert_eq!(of(&[91]), (false, Some(Lack::TooOld(1))));
        assert_eq!(of(&[0, 90]), (true, None), "today's takes nothing away");
        assert_eq!(of(&[0, 91]), (false, Some(tomorrow)));
        assert_eq!(of(&[]), (false, Some(Lack::Unknown)));
    }

    #[test]
    fn numbers_are_told_by_how_much_they_fall_short() {
        let of = |kind, condition, days, value| {
            let facts = with(FactKind::Followers, &[fact(kind, days, value)]);
            let (admitted, missing) = lacks(&facts);
            let lack = missing.iter().find(|(c, _)| *c == condition);
            (admitted, lack.map(|(_, lack)| *lack))
        };
        let followers = |days, n| of(FactKind::Followers, Condition::Followers, days, n);
        assert_eq!(followers(1, 100), (false, Some(Lack::TooFew(1))));
        assert_eq!(followers(1, 101), (true, None));
        assert_eq!(followers(91, 500), (false, Some(Lack::TooOld(1))));
        let ads = |fen| of(FactKind::AdSpend, Condition::AdSpend, 2, fen);
        assert_eq!(ads(999_999), (false, Some(Lack::TooFew(1))));
        assert_eq!(ads(1_000_000), (true, None));
    }

    #[test]
    fn seven_days_in_a_row_within_a_month_count() {
        let of = |days: &[(i64, i64)]| {
            let used: Vec<_> = days
                .iter()
                .map(|(ago, users)| fact(FactKind::ActiveUsers, *ago, *users))
                .collect();
            lacks(&with(FactKind::Followers, &used))
        };
        let week = |from: i64, users| (from..from + 7).map(|ago| (ago, users)).collect::<Vec<_>>();
        assert!(of(&week(1, 101)).0);
        assert!(of(&week(30, 101)).0);
        assert!(!of(&week(31, 101)).0, "too long ago");
        assert!(!of(&week(0, 101)).0, "today's does not count yet");
        let weak = of(&week(1, 98));
        assert!(!weak.0);
        assert!(weak.1.contains(&(Condition::ActiveUsers, Lack::TooFew(3))));
        let mut gap = week(1, 200);
        gap.remove(3);
        assert!(!of(&gap).0);
    }

    #[test]
    fn an_operators_own_thresholds_ask_for_what_they_name() {
        let custom: Policy =
            serde_json::from_str(r#"{"custom": {"paymentDays": 30, "followersOver": null}}"#)
                .unwrap();
        let set = Admission {
            policy: custom,
            ..Admission::default()
        };
        let judged = judge(&set, &[fact(FactKind::Payment, 30, 1)], TODAY);
        assert!(judged.admitted);
        assert_eq!(judged.conditions.len(), 1);
        assert!(!judge(&set, &[fact(FactKind::Payment, 31, 1)], TODAY).admitted);
    }
}

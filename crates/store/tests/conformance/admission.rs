//! Whether each app may use live, and what is known of it.

use jiff::civil::date;
use kaibo_domain::admission::{Admission, Fact, FactKind, Policy, Source, Thresholds};
use kaibo_domain::category::Category;

use crate::{House, NOW, add_app, app_id};

fn fact(kind: FactKind, day: i8, value: i64) -> Fact {
    Fact {
        kind,
        date: date(2026, 11, day),
        value,
        source: Source::Merchant,
        noted_at: NOW,
    }
}

async fn every_policy_and_category_is_kept(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    assert_eq!(store.admission(&one).await.unwrap(), Admission::default());
    let custom = Policy::Custom(Thresholds {
        ad_spend_fen: None,
        ..Thresholds::WECHAT
    });
    let policies = [Policy::Open, Policy::Wechat, custom].into_iter().cycle();
    for (category, policy) in Category::ALL.into_iter().zip(policies) {
        let set = Admission {
            policy,
            category: Some(category),
            disabled: category == Category::Food,
        };
        assert!(store.set_admission(&one, &set).await.unwrap());
        assert_eq!(store.admission(&one).await.unwrap(), set);
    }
    assert_eq!(store.admission(&two).await.unwrap(), Admission::default());
    let (nobody, open) = (app_id("wx_none"), Admission::default());
    assert!(!store.set_admission(&nobody, &open).await.unwrap());
}

async fn a_later_word_about_a_day_takes_the_earlier_ones_place(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let begin = date(2026, 1, 1);
    let first = [
        fact(FactKind::Subject, 1, 1),
        fact(FactKind::Payment, 3, 1),
        fact(FactKind::ActiveUsers, 3, 90),
    ];
    store.add_facts(&one, &first, begin).await.unwrap();
    let second = [fact(FactKind::ActiveUsers, 3, 120)];
    store.add_facts(&one, &second, begin).await.unwrap();
    let mut known = store.facts(&one, begin).await.unwrap();
    known.sort_by_key(|fact| (fact.date, fact.value));
    let wanted = [first[0], first[1], second[0]];
    assert_eq!(known, wanted);
    assert!(store.facts(&two, begin).await.unwrap().is_empty());
    let lately = store.facts(&one, date(2026, 11, 4)).await.unwrap();
    assert_eq!(lately, [first[0]], "who somebody is does not grow old");
    store.add_facts(&one, &[], date(2026, 11, 4)).await.unwrap();
    assert_eq!(store.facts(&one, begin).await.unwrap(), [first[0]]);
}

cases![
    every_policy_and_category_is_kept,
    a_later_word_about_a_day_takes_the_earlier_ones_place,
];

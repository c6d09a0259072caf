//! `kaibo doctor --tail`: an app's failed calls as they come, each with its reason and what to do.

use std::time::Duration;

use jiff::Timestamp;
use kaibo_app::{CallQuery, CallRecord, Kaibo};
use kaibo_domain::id::AppId;

use super::advice;
use super::habits::Habits;
use crate::cli::Place;
use crate::command::kaibo;

/// The server keeps calls every two seconds.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Calls in one look.
const PAGE: i64 = 100;
/// Failures before now that are shown first.
const EARLIER: usize = 10;

/// Follows `app_id` until the terminal ends it.
pub(super) async fn run(place: &Place, app_id: &AppId) -> anyhow::Result<()> {
    let kaibo = kaibo(place).await?;
    if kaibo.app_name(app_id).await?.is_none() {
        anyhow::bail!("there is no app {app_id} here");
    }
    let mut habits = Habits::default();
    let mut last = earlier(&kaibo, app_id, &mut habits).await?;
    eprintln!("following {app_id}; Ctrl-C ends it");
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            ended = tokio::signal::ctrl_c() => return Ok(ended?),
        }
        for (place, call) in newer(&kaibo, app_id, last).await? {
            last = place;
            tell(&call, &mut habits);
        }
    }
}

/// Shows the last failures; the place of the newest call.
async fn earlier(kaibo: &Kaibo, app_id: &AppId, habits: &mut Habits) -> anyhow::Result<i64> {
    let query = CallQuery {
        limit: PAGE,
        ..CallQuery::default()
    };
    let calls = kaibo.calls(app_id, &query).await?;
    let last = calls.first().map_or(0, |(place, _)| *place);
    let failed = calls
        .iter()
        .filter(|(_, call)| is_mistake(call))
        .take(EARLIER);
    let failed: Vec<_> = failed.collect();
    for (_, call) in failed.into_iter().rev() {
        tell(call, habits);
    }
    Ok(last)
}

/// Calls after the place `last`, the oldest first.
async fn newer(kaibo: &Kaibo, app_id: &AppId, last: i64) -> anyhow::Result<Vec<(i64, CallRecord)>> {
    let mut found: Vec<(i64, CallRecord)> = Vec::new();
    loop {
        let query = CallQuery {
            before: found.last().map(|(place, _)| *place),
            limit: PAGE,
            ..CallQuery::default()
        };
        let page = kaibo.calls(app_id, &query).await?;
        let is_whole = page.len() < PAGE as usize;
        let known = page.iter().any(|(place, _)| *place <= last);
        found.extend(page.into_iter().filter(|(place, _)| *place > last));
        if is_whole || known {
            found.reverse();
            return Ok(found);
        }
    }
}

fn is_mistake(call: &CallRecord) -> bool {
    // The end of a list is how callers learn that there is no more.
    !matches!(call.code, 0 | 9_410_000)
}

fn tell(call: &CallRecord, habits: &mut Habits) {
    let at = Timestamp::from_millisecond(call.at).unwrap_or_default();
    let at = at.strftime("%H:%M:%S");
    if is_mistake(call) {
        println!(
            "{at} {} {} from {} rid {}",
            call.op, call.code, call.peer, call.rid
        );
        if let Some(reason) = &call.reason {
            println!("         why  {reason}");
        }
        if let Some(remedy) = advice::remedy(call.code.into()) {
            println!("         do   {remedy}");
        }
    }
    if let Some(habit) = habits.see(call) {
        println!("{at} habit: {habit}");
    }
}

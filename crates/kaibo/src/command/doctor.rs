//! `kaibo doctor`: calls a server as the shops and SDKs do, and says what differs and what to do;
//! with `--tail`, names the mistakes of an app's real callers as they happen.

mod advice;
mod habits;
mod shapes;
mod tail;
mod trial;
mod visit;

use anyhow::{Context as _, bail};

use self::visit::{Finding, Visit};
use crate::cli::DoctorArgs;
use crate::config::{self, Config};

/// Where the app's secret is read from, so that it stands in no list of processes.
const SECRET: &str = "KAIBO_APP_SECRET";

/// Runs it.
pub(crate) async fn run(args: DoctorArgs) -> anyhow::Result<()> {
    if args.tail {
        return tail::run(&args.place, &args.appid).await;
    }
    let base = match &args.url {
        Some(url) => url.clone(),
        None => public_http(&args)?,
    };
    let secret = std::env::var(SECRET).with_context(|| {
        format!("put the app's secret into the environment variable {SECRET}, or follow its callers with --tail")
    })?;
    println!("{base} as {}\n", args.appid);
    let mut report = Report::default();
    let visit = Visit::begin(&base, args.appid.as_str(), secret.trim())?;
    report.add("any SDK", "buys a token by stable_token", visit.buy().await);
    if !visit.has_token() {
        bail!("without a token nothing else can be tried");
    }
    for shape in shapes::all() {
        report.add(shape.client, shape.habit, visit.ask(&shape).await);
    }
    report.add(
        "any page",
        "opens a picture of the list",
        visit.picture().await,
    );
    report.add(
        "any SDK",
        "tells the time as the server does",
        visit.clock(),
    );
    for shape in shapes::of_a_room() {
        report.add(shape.client, shape.habit, visit.ask_of_a_room(&shape).await);
    }
    if let Some(anchor) = &args.trial {
        trial::run(&visit, anchor, &mut report).await;
    }
    report.close()
}

/// The configured address, for whoever runs this beside the server.
fn public_http(args: &DoctorArgs) -> anyhow::Result<String> {
    let server = Config::load(&args.place)?.server;
    Ok(config::public_address(
        &server.public_http,
        "http",
        80,
        server.http,
    ))
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Report {
    understood: u32,
    differs: u32,
    not_tried: u32,
}

impl Report {
    /// Prints a finding and counts it.
    fn add(&mut self, client: &str, habit: &str, finding: Finding) {
        match finding {
            Finding::Understood => {
                self.understood += 1;
                println!("  ok       {client:<20} {habit}");
            }
            Finding::NotTried(why) => {
                self.not_tried += 1;
                println!("  -        {client:<20} {habit} (not tried: {why})");
            }
            Finding::Differs(differs) => {
                self.differs += 1;
                println!("  DIFFERS  {client:<20} {habit}");
                println!("           answer  {}", differs.said);
                if let Some(why) = differs.why {
                    println!("           why     {why}");
                }
                println!("           do      {}", differs.remedy);
            }
        }
    }

    fn close(self) -> anyhow::Result<()> {
        let all = self.understood + self.differs + self.not_tried;
        println!(
            "\n{all} calls: {} understood, {} differ, {} not tried",
            self.understood, self.differs, self.not_tried
        );
        if self.differs > 0 {
            bail!("{} of {all} calls are not understood", self.differs);
        }
        Ok(())
    }
}

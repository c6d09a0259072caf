//! A figure that is to be reached, and whether it is.

use std::fmt::Write as _;

/// What is to be reached.
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) must: f64,
    pub(crate) aim: f64,
    /// More is better.
    pub(crate) at_least: bool,
    pub(crate) unit: &'static str,
    pub(crate) measured: Option<f64>,
    pub(crate) remark: String,
}

impl Goal {
    fn verdict(&self) -> &'static str {
        let Some(measured) = self.measured else {
            return "not measured";
        };
        let reaches = |wanted| {
            if self.at_least {
                measured >= wanted
            } else {
                measured <= wanted
            }
        };
        match (reaches(self.aim), reaches(self.must)) {
            (true, _) => "aim reached",
            (_, true) => "good",
            _ => "**missed**",
        }
    }
}

/// The table of goals, under its heading.
pub(crate) fn table(goals: &[Goal]) -> String {
    let mut out =
        String::from("## Goals\n\n| what | must | aim | measured | |\n|---|---|---|---|---|\n");
    for goal in goals {
        let (sign, unit) = (if goal.at_least { "≥" } else { "≤" }, goal.unit);
        let measured = goal
            .measured
            .map_or_else(|| "–".into(), |it| format!("{it:.2}{unit}"));
        let _ = writeln!(
            out,
            "| {} | {sign} {}{unit} | {sign} {}{unit} | **{measured}** | {}{} |",
            goal.what,
            goal.must,
            goal.aim,
            goal.verdict(),
            goal.remark
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Goal;

    fn verdict(measured: f64, at_least: bool) -> &'static str {
        let (must, aim) = if at_least { (0.5, 0.8) } else { (20.0, 5.0) };
        let goal = Goal {
            what: String::new(),
            must,
            aim,
            at_least,
            unit: "",
            measured: Some(measured),
            remark: String::new(),
        };
        goal.verdict()
    }

    #[test]
    fn what_is_to_be_large_is_judged_from_below_and_what_is_to_be_small_from_above() {
        assert_eq!(
            [0.9, 0.6, 0.4, f64::NAN].map(|it| verdict(it, true)),
            ["aim reached", "good", "**missed**", "**missed**"]
        );
        assert_eq!(
            [4.0, 6.0, 21.0, f64::NAN].map(|it| verdict(it, false)),
            ["aim reached", "good", "**missed**", "**missed**"]
        );
    }
}

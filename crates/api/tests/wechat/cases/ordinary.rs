//! The ordinary call to each operation: its case in the contract whose name ends in `-ok`.

use axum::body::Body;
use axum::http::Request;
use kaibo_domain::door::Profile;
use serde_json::Value;

use super::scene::Scene;
use super::{Call, Case, NOT_YET, Stage, all, matching, reason_in};

/// An operation's ordinary call.
pub(crate) struct Ordinary {
    case: Case,
    pub(super) call: Call,
}

/// Those of all operations: E01 to E38, P1 to P4, X1.
pub(crate) fn ordinary() -> Vec<Ordinary> {
    let of_case = |mut case: Case| {
        let id = case.name.strip_suffix("-ok")?;
        let is_one = matches!(id.len(), 2 | 3) && id.starts_with(['E', 'P', 'X']);
        let call = case.request.take().filter(|_| is_one)?;
        Some(Ordinary { case, call })
    };
    all().into_iter().filter_map(of_case).collect()
}

impl Ordinary {
    /// Where it goes.
    pub(crate) fn path(&self) -> &str {
        &self.call.path
    }

    /// The same to another path of the operation.
    pub(crate) fn go_to(&mut self, path: &str) {
        path.clone_into(&mut self.call.path);
    }

    pub(super) fn name(&self) -> &str {
        &self.case.name
    }

    /// Whether it answers as it should one day only.
    pub(super) fn is_to_come(&self) -> bool {
        reason_in(NOT_YET, &self.case).is_some()
    }

    /// What stands before it.
    pub(crate) async fn scene(&self, stage: &Stage) -> Scene {
        Scene::new(stage, &self.case, &self.call).await.unwrap()
    }

    /// The call itself.
    pub(crate) fn request(&self, scene: &Scene) -> Request<Body> {
        scene.request(&self.call).unwrap()
    }

    /// What of an answer is not as it should be.
    pub(crate) fn judge(&self, scene: &Scene, answer: &Value) -> Result<(), String> {
        match self.case.wanted(Profile::Tolerant) {
            Some(wanted) if !self.is_to_come() => matching::matches(wanted, answer, &scene.values),
            _ => Ok(()),
        }
    }
}

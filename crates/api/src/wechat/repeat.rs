//! Calls that are sent again under an `Idempotency-Key`: the same call is done once a day.

use axum::response::Response;
use kaibo_app::{RepeatKey, Repeated};

use super::Call;
use super::answer::{Answer, Told, write};
use super::door::{Key, Visit};
use super::errcode::{CallFault, Fault};

/// Does the call, or gives the answer that the same call got before.
pub(super) async fn once<F, Fut>(visit: Visit, call: Call, key: Key, handler: F) -> Response
where
    F: Fn(Call) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Answer, Fault>> + Send + 'static,
{
    let kaibo = visit.kaibo.clone();
    let app_id = call.app_id.clone();
    let worker = kaibo.clone();
    let work = async move {
        let outcome = handler(call).await;
        let has_failed = outcome
            .as_ref()
            .is_err_and(|fault| fault.failure().is_some());
        let written = write(worker.now(), outcome);
        let kept = serde_json::to_vec(&written).expect("plain data is JSON");
        (kept, !has_failed)
    };
    let wanted = RepeatKey {
        scope: app_id.as_str(),
        key: &key.key,
        call: &[visit.rule.op.as_bytes(), b"\n", &key.body],
    };
    let fault = match kaibo.once(wanted, work).await {
        Ok(Repeated::Done(kept)) => match serde_json::from_slice(&kept) {
            Ok(written) => return visit.close(Told::first(written)),
            Err(_) => CallFault::KeyCutOff,
        },
        Ok(Repeated::Again(kept)) => match serde_json::from_slice(&kept) {
            Ok(written) => return visit.close(Told::again(kaibo.now(), written)),
            Err(_) => CallFault::KeyCutOff,
        },
        Ok(Repeated::OtherCall) => CallFault::KeyTaken,
        Ok(Repeated::Running) => CallFault::KeyRunning,
        Ok(Repeated::CutOff) => CallFault::KeyCutOff,
        Err(error) => return visit.answer(Err(error.into())),
    };
    visit.answer(Err(fault.into()))
}

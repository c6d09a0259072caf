//! Runs each target for `KAIBO_FUZZ_SECONDS`; `make fuzz` runs them longer.

use kaibo_fuzz::engine::{Plan, Target, run};
use kaibo_fuzz::targets;

fn survives(target: &Target) {
    let plan = Plan::from_environment();
    match run(target, &plan) {
        Ok(executions) => assert!(executions > 0),
        Err(failure) => panic!("{failure}"),
    }
}

macro_rules! targets {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            assert_eq!(targets::$name::TARGET.name, stringify!($name));
            survives(&targets::$name::TARGET);
        }
    )*};
}

targets! {
    addresses
    amf0
    codec_configs
    flv
    http
    rtmp_chunks
    rtmp_client
    rtmp_server
}

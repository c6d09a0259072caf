//! The handshake of both sides: plain, digest in either place, wrong versions, every split.

use kaibo_proto::rtmp::handshake::{
    ClientHandshake, HandshakeError, Opening, PACKET, Progress, Scheme, ServerHandshake,
};
use proptest::prelude::*;

const SEED: [u8; 32] = [1; 32];

/// Reads everything and gives what was sent, how it ended and what was left over.
fn run_server(handshake: &mut ServerHandshake, mut input: &[u8]) -> (Vec<u8>, bool, usize) {
    let mut sent = Vec::new();
    loop {
        match handshake.read(&mut input).unwrap() {
            Progress::NeedMore => return (sent, false, input.len()),
            Progress::Send(bytes) => sent.extend_from_slice(&bytes),
            Progress::Done => return (sent, true, input.len()),
        }
    }
}

fn run_client(handshake: &mut ClientHandshake, mut input: &[u8]) -> (Vec<u8>, bool, usize) {
    let mut sent = Vec::new();
    loop {
        match handshake.read(&mut input).unwrap() {
            Progress::NeedMore => return (sent, false, input.len()),
            Progress::Send(bytes) => sent.extend_from_slice(&bytes),
            Progress::Done => return (sent, true, input.len()),
        }
    }
}

fn openings() -> [Opening; 3] {
    [
        Opening::Plain,
        Opening::Digest(Scheme::DigestFirst),
        Opening::Digest(Scheme::KeyFirst),
    ]
}

#[test]
fn every_opening_completes_on_both_sides() {
    for opening in openings() {
        let (mut client, hello) = ClientHandshake::new(opening, SEED);
        assert_eq!(hello.len(), 1 + PACKET);
        let mut server = ServerHandshake::new([2; 32]);
        let (answer, done, left) = run_server(&mut server, &hello);
        assert_eq!((answer.len(), done, left), (1 + 2 * PACKET, false, 0));
        let (last, done, left) = run_client(&mut client, &answer);
        assert_eq!((last.len(), done, left), (PACKET, true, 0));
        let (nothing, done, left) = run_server(&mut server, &last);
        assert_eq!((nothing.len(), done, left), (0, true, 0));
    }
}

#[test]
fn a_plain_opening_gets_a_plain_answer() {
    let mut hello = vec![3, 0, 0, 1, 2, 0, 0, 0, 0];
    hello.resize(1 + PACKET, 0x5a);
    let (answer, ..) = run_server(&mut ServerHandshake::new(SEED), &hello);
    assert_eq!(answer[0], 3);
    assert_eq!(answer[5..9], [0; 4], "S1 says version zero");
    assert_eq!(answer[1 + PACKET..], hello[1..], "S2 echoes C1");
}

#[test]
fn a_version_without_digest_gets_a_plain_answer() {
    let mut hello = vec![3, 0, 0, 0, 0, 9, 0, 124, 2];
    hello.resize(1 + PACKET, 0x5a);
    let (answer, ..) = run_server(&mut ServerHandshake::new(SEED), &hello);
    assert_eq!(answer[5..9], [0; 4]);
    assert_eq!(answer[1 + PACKET..], hello[1..]);
}

#[test]
fn a_digest_with_version_zero_is_plain() {
    // The digest covers the version, so that a plain opening never carries a valid one; a server
    // that looked for digests all the same would pay for two hashes on every connection.
    let (_, hello) = ClientHandshake::new(Opening::Plain, SEED);
    let (answer, ..) = run_server(&mut ServerHandshake::new([2; 32]), &hello);
    assert_eq!(answer[1 + PACKET..], hello[1..]);
}

#[test]
fn a_digest_opening_gets_a_signed_answer() {
    for scheme in [Scheme::DigestFirst, Scheme::KeyFirst] {
        let (mut client, hello) = ClientHandshake::new(Opening::Digest(scheme), SEED);
        let (answer, ..) = run_server(&mut ServerHandshake::new([2; 32]), &hello);
        assert_ne!(answer[5..9], [0; 4], "S1 says a version");
        assert_ne!(
            answer[1 + PACKET..],
            hello[1..],
            "S2 is signed, not an echo"
        );
        let (last, ..) = run_client(&mut client, &answer);
        assert_ne!(last, answer[1..=PACKET], "C2 is signed, not an echo");
    }
}

#[test]
fn a_digest_client_falls_back_to_a_plain_server() {
    let opening = Opening::Digest(Scheme::KeyFirst);
    let (mut client, hello) = ClientHandshake::new(opening, SEED);
    let mut answer = vec![3, 0, 0, 0, 7, 0, 0, 0, 0];
    answer.resize(1 + PACKET, 0x11);
    answer.extend_from_slice(&hello[1..]);
    let (last, done, _) = run_client(&mut client, &answer);
    assert!(done);
    assert_eq!(last, answer[1..=PACKET], "C2 echoes S1");
}

#[test]
fn one_changed_byte_spoils_the_digest() {
    let (_, hello) = ClientHandshake::new(Opening::Digest(Scheme::KeyFirst), SEED);
    let mut hello = hello.to_vec();
    hello[1 + 20] ^= 1;
    let (answer, ..) = run_server(&mut ServerHandshake::new([2; 32]), &hello);
    assert_eq!(answer[1 + PACKET..], hello[1..], "taken as plain");
}

#[test]
fn recorded_flash_key_gives_the_recorded_digest() {
    // FFmpeg computed this C1 by itself: a wrong name, key or offset rule would not find it.
    let recording = include_bytes!("../recordings/ffmpeg.bin");
    let (answer, done, left) = run_server(&mut ServerHandshake::new(SEED), recording);
    assert!(done);
    assert_eq!(left, recording.len() - 1 - 2 * PACKET);
    assert_ne!(answer[5..9], [0; 4], "its digest was found");
}

#[test]
fn other_versions_are_refused_at_the_first_byte() {
    for version in [0, 2, 4, 6, 8, b'G', 0x16, 255] {
        let mut server = ServerHandshake::new(SEED);
        assert_eq!(
            server.read(&mut &[version][..]),
            Err(HandshakeError::Version(version))
        );
        let (mut client, _) = ClientHandshake::new(Opening::Plain, SEED);
        assert_eq!(
            client.read(&mut &[version][..]),
            Err(HandshakeError::Version(version))
        );
    }
}

#[test]
fn answers_differ_by_seed_and_not_otherwise() {
    let (_, hello) = ClientHandshake::new(Opening::Plain, SEED);
    let answer = |seed| run_server(&mut ServerHandshake::new([seed; 32]), &hello).0;
    assert_eq!(answer(1), answer(1));
    assert_ne!(answer(1), answer(2));
}

#[test]
fn random_bytes_do_not_repeat_within_a_packet() {
    let (_, hello) = ClientHandshake::new(Opening::Plain, SEED);
    let blocks: std::collections::HashSet<_> = hello[33..1505].chunks(32).collect();
    assert_eq!(blocks.len(), 46);
}

#[test]
fn debug_hides_the_seed() {
    let server = ServerHandshake::new([0x77; 32]);
    assert!(!format!("{server:?}").contains("119"));
}

proptest! {
    #[test]
    fn any_split_gives_the_same_answer(
        cuts in prop::collection::vec(0_usize..4000, 0..8),
        extra in 0_usize..100,
        digest in any::<bool>(),
    ) {
        let opening =
            if digest { Opening::Digest(Scheme::DigestFirst) } else { Opening::Plain };
        let (_, hello) = ClientHandshake::new(opening, SEED);
        let mut input = hello.to_vec();
        input.resize(1 + 2 * PACKET + extra, 0x33);
        let whole = run_server(&mut ServerHandshake::new([2; 32]), &input);
        prop_assert_eq!(whole.2, extra);

        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(input.len())).collect();
        cuts.extend([0, input.len()]);
        cuts.sort_unstable();
        let mut server = ServerHandshake::new([2; 32]);
        let (mut sent, mut done, mut left) = (Vec::new(), false, 0);
        for pair in cuts.windows(2) {
            let part = &input[pair[0]..pair[1]];
            if done {
                left += part.len();
                continue;
            }
            let (bytes, now_done, rest) = run_server(&mut server, part);
            sent.extend(bytes);
            (done, left) = (now_done, rest);
            prop_assert!(server.buffered_bytes() <= 2 * 2 * PACKET);
        }
        prop_assert_eq!((sent, done, left), whole);
    }
}

//! The server session: what it answers to each command, and what it tells its owner.

use kaibo_proto::amf0::Value;
use kaibo_proto::media::{MediaEvent, Track, TrackKind};
use kaibo_proto::rtmp::address::PublishAddress;
use kaibo_proto::rtmp::message::{Control, kind};
use kaibo_proto::rtmp::server::ServerEvent;
use kaibo_proto::rtmp::{Limits, SessionError};

use crate::peer::{
    self, Server, command, connect, control, information, keyframe, plain_hello, publish, sound,
    times, tracks,
};

fn connected() -> Server {
    let mut server = Server::new();
    server.take(&plain_hello()).unwrap();
    server.take(&connect("live")).unwrap();
    server
}

#[test]
fn connect_is_answered_with_windows_chunk_size_and_result() {
    let server = connected();
    let messages = server.messages();
    assert_eq!(messages[0], Control::WindowAckSize(5_000_000).message());
    assert_eq!(
        messages[1],
        Control::SetPeerBandwidth(5_000_000, 2).message()
    );
    assert_eq!(messages[2], Control::SetChunkSize(4096).message());
    assert_eq!(messages.len(), 4);
    let result = &server.commands()[0];
    assert_eq!((result.name.as_str(), result.transaction), ("_result", 1.0));
    assert!(result.arguments[0].property("fmsVer").is_some());
    assert_eq!(
        result.arguments[0]
            .property("capabilities")
            .unwrap()
            .as_number(),
        Some(31.0)
    );
    assert_eq!(information(result, "code"), "NetConnection.Connect.Success");
    assert_eq!(
        result.arguments[1]
            .property("objectEncoding")
            .unwrap()
            .as_number(),
        Some(0.0)
    );
    assert_eq!(
        result.arguments[0].property("fourCcList"),
        None,
        "no codecs beyond the old ones"
    );
}

#[test]
fn the_owner_hears_of_the_connection_without_its_query() {
    let mut server = Server::new();
    server.take(&plain_hello()).unwrap();
    server.take(&connect("live?txSecret=hush")).unwrap();
    let expected = ServerEvent::Connected {
        app: "live".into(),
        tc_url: "rtmp://host/live".into(),
    };
    assert_eq!(server.events, [expected]);
}

#[test]
fn helper_commands_get_an_empty_result() {
    for (name, transaction) in [
        ("releaseStream", 2.0),
        ("FCPublish", 3.0),
        ("_checkbw", 9.0),
    ] {
        let mut server = connected();
        let arguments = [Value::Null, Value::text("name?key=1")];
        server
            .take(&command(name, transaction, &arguments, 0))
            .unwrap();
        let answer = server.commands().pop().unwrap();
        assert_eq!(
            (answer.name.as_str(), answer.transaction),
            ("_result", transaction)
        );
        assert_eq!(answer.arguments, [Value::Null, Value::Undefined]);
    }
}

#[test]
fn unknown_commands_are_refused_if_an_answer_is_wanted() {
    let mut server = connected();
    server
        .take(&command("getStreamLength", 8.0, &[Value::Null], 0))
        .unwrap();
    let answer = server.commands().pop().unwrap();
    assert_eq!((answer.name.as_str(), answer.transaction), ("_error", 8.0));
    let before = server.messages().len();
    server
        .take(&command("onFoo", 0.0, &[Value::Null], 0))
        .unwrap();
    server
        .take(&command("_result", 4.0, &[Value::Null], 0))
        .unwrap();
    assert_eq!(server.messages().len(), before);
}

#[test]
fn streams_are_numbered_and_capped() {
    let mut server = connected();
    for _ in 0..18 {
        server
            .take(&command("createStream", 4.0, &[Value::Null], 0))
            .unwrap();
    }
    let commands = server.commands();
    let answers = &commands[1..];
    let ids: Vec<f64> = answers[..16]
        .iter()
        .map(|answer| answer.number(1).unwrap())
        .collect();
    assert_eq!(ids, (1..=16).map(f64::from).collect::<Vec<_>>());
    assert!(answers[16..].iter().all(|answer| answer.name == "_error"));
}

#[test]
fn publish_is_put_to_the_owner_with_its_parts() {
    let server = Server::asked("wx1-7?txSecret=ab&txTime=65");
    let expected = PublishAddress {
        app: "live".into(),
        stream: "wx1-7".into(),
        query: Some("txSecret=ab&txTime=65".into()),
    };
    assert_eq!(server.events[1], ServerEvent::PublishRequested(expected));
    assert_eq!(
        server.status_codes(),
        Vec::<String>::new(),
        "no answer before the owner's"
    );
}

#[test]
fn debug_of_what_holds_the_key_hides_it() {
    let server = Server::asked("wx1-7?txSecret=hush");
    let text = format!(
        "{:?} {:?} {:?}",
        server.session,
        server.events,
        server.commands()
    );
    assert!(!text.contains("hush"));
}

#[test]
fn an_accepted_publish_is_told_on_its_stream() {
    let mut server = Server::asked("name");
    server.session.accept_publish();
    server.collect();
    let messages = server.messages();
    let [begin, status] = &messages[messages.len() - 2..] else {
        panic!("two messages")
    };
    assert_eq!(*begin, Control::StreamBegin(1).message());
    assert_eq!(status.stream_id, 1);
    assert_eq!(server.status_codes(), ["NetStream.Publish.Start"]);
    let status = server.commands().pop().unwrap();
    assert_eq!(
        (information(&status, "level"), status.transaction),
        ("status".into(), 0.0)
    );
}

#[test]
fn a_rejected_publish_is_told_and_nothing_more_is_read() {
    let mut server = Server::asked("name");
    server
        .session
        .reject_publish("NetStream.Publish.BadName", "No such stream.");
    server.collect();
    let status = server.commands().pop().unwrap();
    assert_eq!(information(&status, "level"), "error");
    assert_eq!(information(&status, "code"), "NetStream.Publish.BadName");
    assert_eq!(information(&status, "description"), "No such stream.");
    let events = server.events.len();
    server.take(&vec![0xff; 1 << 20]).unwrap();
    assert_eq!(server.events.len(), events);
    assert_eq!(server.session.buffered_bytes(), 0);
}

#[test]
fn answers_without_a_question_do_nothing() {
    let mut server = connected();
    let before = server.messages().len();
    server.session.accept_publish();
    server
        .session
        .reject_publish("NetStream.Publish.BadName", "");
    server.session.announce_unsupported("MP3");
    server.collect();
    assert_eq!(server.messages().len(), before);
}

#[test]
fn media_sent_before_the_answer_waits_for_it() {
    let mut server = Server::asked("name");
    server.take(&peer::audio(0, peer::AUDIO_CONFIG)).unwrap();
    server.take(&peer::audio(0, &sound(9))[..5]).unwrap();
    server.take(&peer::audio(0, &sound(9))[5..]).unwrap();
    assert_eq!(tracks(&server.events).len() + server.frames().len(), 0);
    server.session.accept_publish();
    server.collect();
    server.take(&peer::audio(23, &sound(9))).unwrap();
    assert_eq!(tracks(&server.events).len(), 1);
    assert_eq!(
        times(&server.frames()),
        [(TrackKind::Audio, 0), (TrackKind::Audio, 23)]
    );
}

#[test]
fn media_in_the_same_read_as_publish_waits_too() {
    let mut server = connected();
    let input = [publish("name"), peer::audio(0, peer::AUDIO_CONFIG)].concat();
    server.take(&input).unwrap();
    assert_eq!(tracks(&server.events).len(), 0);
    server.session.accept_publish();
    server.collect();
    assert_eq!(tracks(&server.events).len(), 1);
}

#[test]
fn what_waits_is_bounded_and_dropped_with_a_refusal() {
    let mut server = Server::live();
    server.take(&unpublish_commands()[0]).unwrap();
    server.take(&publish("other")).unwrap();
    let limit = Limits::default().bytes_before_publish;
    server.take(&vec![0; limit as usize]).unwrap();
    let too_much = SessionError::TooMuchBeforePublish { limit };
    assert_eq!(server.take(&[0]), Err(too_much));
    server
        .session
        .reject_publish("NetStream.Publish.BadName", "");
    server.collect();
    assert_eq!(server.session.buffered_bytes(), 0);
}

#[test]
fn a_fault_in_what_waited_is_told_with_the_next_input() {
    let mut server = Server::asked("name");
    server.take(&connect("live")).unwrap();
    server.session.accept_publish();
    assert_eq!(server.take(b""), Err(SessionError::ConnectedTwice));
    assert_eq!(server.take(b""), Err(SessionError::ConnectedTwice));
}

#[test]
fn media_comes_out_as_tracks_and_frames() {
    let mut server = Server::live();
    server
        .take(&peer::media(5, kind::DATA_AMF0, 0, 1, b"\x02\0\x01x"))
        .unwrap();
    server.take(&peer::video(0, peer::VIDEO_CONFIG)).unwrap();
    server.take(&peer::video(40, &keyframe(500))).unwrap();
    let [
        ServerEvent::Media(MediaEvent::Track(Track::Video(track))),
        _,
    ] = &server.events[..]
    else {
        panic!("a track and a frame, but {:?}", server.events)
    };
    assert_eq!((track.width, track.height), (320, 180));
    let frame = server.frames()[0];
    assert_eq!(
        (frame.dts_ms, frame.keyframe, frame.payload.len()),
        (40, true, 504)
    );
}

#[test]
fn media_on_another_stream_is_not_the_publishers() {
    let mut server = Server::live();
    server
        .take(&peer::media(6, kind::VIDEO, 0, 2, peer::VIDEO_CONFIG))
        .unwrap();
    server
        .take(&peer::media(6, kind::VIDEO, 0, 0, peer::VIDEO_CONFIG))
        .unwrap();
    assert_eq!(server.events, []);
}

#[test]
fn an_aggregate_counts_as_its_parts() {
    let mut payload = Vec::new();
    for (time, body) in [
        (7_u8, peer::AUDIO_CONFIG.to_vec()),
        (7, sound(3)),
        (30, sound(4)),
    ] {
        payload.extend_from_slice(&[8, 0, 0, body.len() as u8, 0, 0, time, 0, 0, 0, 0]);
        payload.extend_from_slice(&body);
        payload.extend_from_slice(&(body.len() as u32 + 11).to_be_bytes());
    }
    let mut server = Server::live();
    server
        .take(&peer::media(4, kind::AGGREGATE, 1000, 1, &payload))
        .unwrap();
    assert_eq!(
        times(&server.frames()),
        [(TrackKind::Audio, 1000), (TrackKind::Audio, 1023)]
    );
    let outcome = server.take(&peer::media(4, kind::AGGREGATE, 1000, 1, b"\x08\0\0\xff"));
    assert_eq!(outcome, Err(SessionError::BadAggregate));
}

#[test]
fn an_unsupported_codec_is_told_once_and_can_be_announced() {
    let mut server = Server::live();
    // Enhanced RTMP: a coded H.265 keyframe, FourCC hvc1.
    server.take(&peer::video(0, b"\x90hvc1\x01")).unwrap();
    server.take(&peer::video(40, b"\x91hvc1\x01")).unwrap();
    let [ServerEvent::UnsupportedCodec { name }] = &server.events[..] else {
        panic!("one event, but {:?}", server.events)
    };
    let name = name.clone();
    assert!(name.contains("hvc1"), "{name}");
    server.session.announce_unsupported(&name);
    server.collect();
    let status = server.commands().pop().unwrap();
    assert_eq!(information(&status, "level"), "error");
    assert_eq!(information(&status, "code"), "NetStream.Publish.Failed");
    assert!(information(&status, "description").contains(&name));
}

#[test]
fn old_codecs_are_named_too() {
    let mut server = Server::live();
    server.take(&peer::audio(0, b"\x2f\xff\xfb\x90")).unwrap();
    assert!(
        matches!(&server.events[..], [ServerEvent::UnsupportedCodec { name }] if name.contains("MP3"))
    );
}

#[test]
fn a_broken_tag_is_told_and_the_stream_goes_on() {
    let mut server = Server::live();
    for _ in 0..40 {
        server.take(&peer::video(0, b"\x17\0")).unwrap();
    }
    assert_eq!(server.events.len(), 16);
    assert!(
        server
            .events
            .iter()
            .all(|event| matches!(event, ServerEvent::TagDropped(_)))
    );
    server.take(&peer::audio(0, peer::AUDIO_CONFIG)).unwrap();
    assert_eq!(tracks(&server.events).len(), 1);
}

fn unpublish_commands() -> [Vec<u8>; 4] {
    [
        command("FCUnpublish", 6.0, &[Value::Null, Value::text("name")], 0),
        command("deleteStream", 7.0, &[Value::Null, Value::Number(1.0)], 0),
        command("deleteStream", 7.0, &[Value::Null], 0),
        command("closeStream", 0.0, &[Value::Null], 1),
    ]
}

#[test]
fn each_way_to_unpublish_ends_it_once() {
    for first in unpublish_commands() {
        let mut server = Server::live();
        server.take(&first).unwrap();
        assert_eq!(server.events, [ServerEvent::Unpublished]);
        assert_eq!(server.status_codes(), ["NetStream.Unpublish.Success"]);
        for again in unpublish_commands() {
            server.take(&again).unwrap();
        }
        server.take(&peer::audio(0, peer::AUDIO_CONFIG)).unwrap();
        assert_eq!(server.events, [ServerEvent::Unpublished]);
    }
}

#[test]
fn ending_another_stream_ends_nothing() {
    let mut server = Server::live();
    server
        .take(&command(
            "deleteStream",
            7.0,
            &[Value::Null, Value::Number(2.0)],
            0,
        ))
        .unwrap();
    server
        .take(&command("closeStream", 0.0, &[Value::Null], 2))
        .unwrap();
    assert_eq!(server.events, []);
}

#[test]
fn a_question_taken_back_is_over_with_its_answer() {
    let mut server = Server::asked("name");
    server.take(&unpublish_commands()[1]).unwrap();
    server.session.accept_publish();
    server.collect();
    assert_eq!(server.events.last(), Some(&ServerEvent::Unpublished));
    let codes = server.status_codes();
    assert_eq!(
        codes,
        ["NetStream.Publish.Start", "NetStream.Unpublish.Success"]
    );
}

#[test]
fn a_connection_can_publish_again() {
    let mut server = Server::live();
    server.take(&peer::audio(5000, peer::AUDIO_CONFIG)).unwrap();
    server.take(&unpublish_commands()[0]).unwrap();
    server.take(&publish("other?key=2")).unwrap();
    assert!(matches!(
        server.events.last(),
        Some(ServerEvent::PublishRequested(address)) if address.stream == "other"
    ));
    server.session.accept_publish();
    server.events.clear();
    server.take(&peer::audio(0, &sound(9))).unwrap();
    assert_eq!(
        server.events,
        [],
        "the configuration of before is forgotten"
    );
    server.take(&peer::audio(0, peer::AUDIO_CONFIG)).unwrap();
    assert_eq!(tracks(&server.events).len(), 1);
}

#[test]
fn a_second_publish_beside_the_first_is_refused() {
    let mut server = Server::live();
    server
        .take(&command("createStream", 4.0, &[Value::Null], 0))
        .unwrap();
    let arguments = [Value::Null, Value::text("second"), Value::text("live")];
    server
        .take(&command("publish", 6.0, &arguments, 2))
        .unwrap();
    assert_eq!(server.status_codes(), ["NetStream.Publish.BadName"]);
    assert_eq!(server.events, []);
    server.take(&peer::audio(0, peer::AUDIO_CONFIG)).unwrap();
    assert_eq!(tracks(&server.events).len(), 1, "the first goes on");
}

#[test]
fn play_is_refused_with_the_reason() {
    let mut server = connected();
    server
        .take(&command(
            "play",
            5.0,
            &[Value::Null, Value::text("name")],
            1,
        ))
        .unwrap();
    assert_eq!(server.events.last(), Some(&ServerEvent::PlayRefused));
    assert_eq!(server.status_codes(), ["NetStream.Play.Failed"]);
    let status = server.commands().pop().unwrap();
    assert!(information(&status, "description").contains("HTTP-FLV"));
}

#[test]
fn commands_need_connect_and_only_one() {
    let mut server = Server::new();
    server.take(&plain_hello()).unwrap();
    assert_eq!(
        server.take(&publish("name")),
        Err(SessionError::NotConnected)
    );
    assert_eq!(
        connected().take(&connect("live")),
        Err(SessionError::ConnectedTwice)
    );
}

#[test]
fn commands_in_the_amf3_wrapper_are_read() {
    let mut server = connected();
    let plain = command("createStream", 4.0, &[Value::Null], 0);
    let mut body = vec![0];
    body.extend_from_slice(&plain[12..]);
    server
        .take(&peer::media(3, kind::COMMAND_AMF3, 0, 0, &body))
        .unwrap();
    assert_eq!(server.commands().pop().unwrap().number(1), Some(1.0));
}

#[test]
fn a_bare_name_is_a_command_that_wants_no_answer() {
    let mut server = connected();
    let before = server.messages().len();
    let outcome = server.take(&peer::media(3, kind::COMMAND_AMF0, 0, 0, b"\x02\0\x03foo"));
    assert_eq!((outcome, server.messages().len()), (Ok(()), before));
}

#[test]
fn what_is_no_command_ends_the_session() {
    let mut server = connected();
    let outcome = server.take(&peer::media(3, kind::COMMAND_AMF0, 0, 0, b"\x05"));
    assert_eq!(outcome, Err(SessionError::NotACommand));
    let mut server = connected();
    let outcome = server.take(&peer::media(
        3,
        kind::COMMAND_AMF0,
        0,
        0,
        b"\x02\0\x04play\x05",
    ));
    assert_eq!(outcome, Err(SessionError::NotACommand));
    let mut server = connected();
    let outcome = server.take(&peer::media(3, kind::COMMAND_AMF0, 0, 0, b"\x02\0\x09pl"));
    assert!(matches!(outcome, Err(SessionError::Command(_))));
}

#[test]
fn pings_are_answered_and_other_control_is_taken() {
    let mut server = Server::live();
    server.take(&control(Control::Ping(0xdead_beef))).unwrap();
    server.take(&control(Control::Acknowledgement(5))).unwrap();
    server
        .take(&control(Control::SetPeerBandwidth(5, 1)))
        .unwrap();
    server.take(&control(Control::OtherEvent(3))).unwrap();
    assert_eq!(server.messages(), [Control::Pong(0xdead_beef).message()]);
    let outcome = server.take(&peer::media(2, kind::SET_CHUNK_SIZE, 0, 0, b"\0\0\0\0"));
    assert_eq!(outcome, Err(SessionError::BadControl { kind: 1 }));
}

#[test]
fn a_full_window_is_acknowledged() {
    let mut server = Server::live();
    server
        .take(&control(Control::WindowAckSize(10_000)))
        .unwrap();
    let tone = peer::audio(0, &sound(100));
    let mut after = 0;
    while server.messages().is_empty() {
        server.take(&tone).unwrap();
        after += tone.len();
    }
    assert!(after <= 10_000 + tone.len());
    let [message] = &server.messages()[..] else {
        panic!("one acknowledgement")
    };
    let Some(Control::Acknowledgement(total)) = Control::read(message.kind, &message.payload)
    else {
        panic!("an acknowledgement")
    };
    assert!(total as usize >= 10_000);
    server.take(b"").unwrap();
    assert_eq!(server.messages().len(), 1);
}

#[test]
fn a_window_of_zero_asks_for_nothing_and_of_one_for_one_answer_a_read() {
    let mut server = Server::live();
    server.take(&control(Control::WindowAckSize(0))).unwrap();
    server.take(&peer::audio(0, &sound(100))).unwrap();
    assert_eq!(server.messages(), []);
    server.take(&control(Control::WindowAckSize(1))).unwrap();
    server.take(&peer::audio(0, &sound(1000))).unwrap();
    assert_eq!(server.messages().len(), 1);
}

#[test]
fn settings_change_the_limits() {
    let limits = Limits {
        message_streams: 1,
        ..Limits::default()
    };
    let mut server = Server::with_limits(limits);
    server.take(&plain_hello()).unwrap();
    server.take(&connect("live")).unwrap();
    for _ in 0..2 {
        server
            .take(&command("createStream", 4.0, &[Value::Null], 0))
            .unwrap();
    }
    assert_eq!(server.commands().pop().unwrap().name, "_error");
}

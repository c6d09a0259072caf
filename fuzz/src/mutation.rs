//! Changes to inputs that know nothing of their format: bits, numbers, pieces, words.

use crate::random::Random;

/// Longest input that is made, in bytes.
const MAX_INPUT: usize = 64 * 1024;
/// Most changes to one input.
const MAX_CHANGES: usize = 6;
/// Numbers at the edges of what fields hold.
const EDGES: [u32; 16] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x7f_ffff,
    0xff_fffe,
    0xff_ffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
];

/// A new input of a known one, and pieces of others. `words` are what the format is made of.
///
/// The first `kept` bytes stay: they say which parser the rest goes to.
pub fn mutate(random: &mut Random, pool: &[Vec<u8>], words: &[&[u8]], kept: usize) -> Vec<u8> {
    let input: &Vec<u8> = random.pick(pool);
    let (front, rest) = input.split_at(kept.min(input.len()));
    let mut rest = rest.to_vec();
    for _ in 0..changes(random) {
        change(random, &mut rest, pool, words);
    }
    let mut input = front.to_vec();
    input.append(&mut rest);
    input.truncate(MAX_INPUT);
    input
}

/// How many changes to make: mostly one, for behind the first fault nothing more is read.
pub fn changes(random: &mut Random) -> usize {
    1 + random.small(MAX_CHANGES)
}

/// One change to the bytes.
pub fn change(random: &mut Random, input: &mut Vec<u8>, pool: &[Vec<u8>], words: &[&[u8]]) {
    let at = place(random, input.len());
    match random.below(9) {
        0 | 1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        2 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = random.bits() as u8;
            }
        }
        3 => put_edge(random, &mut input[at..]),
        4 => {
            let length = random.small(input.len() - at + 1);
            input.drain(at..at + length);
        }
        5 => {
            let length = random.small((input.len() - at).min(4096) + 1);
            let piece = input[at..at + length].to_vec();
            let to = place(random, input.len());
            insert(input, to, &piece);
        }
        6 if !pool.is_empty() => {
            let other: &Vec<u8> = random.pick(pool);
            let from = place(random, other.len());
            let length = random.small((other.len() - from).min(4096) + 1);
            let piece = &other[from..from + length];
            insert(input, at, piece);
        }
        7 if !words.is_empty() => insert(input, at, words[random.below(words.len())]),
        _ if random.one_in(4) => input.truncate(at),
        _ => {
            let noise: Vec<u8> = (0..=random.small(8)).map(|_| random.bits() as u8).collect();
            insert(input, at, &noise);
        }
    }
}

/// A place in so many bytes, the end included; half of the time near the front.
fn place(random: &mut Random, length: usize) -> usize {
    if random.one_in(2) {
        random.below(length + 1)
    } else {
        random.small(length + 1)
    }
}

/// Writes a number from the edges over the front, big-endian in 1 to 4 bytes.
fn put_edge(random: &mut Random, bytes: &mut [u8]) {
    let number = random.pick(&EDGES).to_be_bytes();
    let width = (1 + random.below(4)).min(bytes.len());
    bytes[..width].copy_from_slice(&number[4 - width..]);
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    if input.len() + piece.len() <= MAX_INPUT {
        input.splice(at..at, piece.iter().copied());
    }
}

/// A number from the edges, or any.
pub fn number(random: &mut Random) -> u32 {
    if random.one_in(3) {
        random.bits() as u32
    } else {
        *random.pick(&EDGES)
    }
}

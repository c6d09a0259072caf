//! WeChat's encryption of messages: AES-256-CBC under the key that the merchant chose.

use aes::Aes256;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _};

/// Messages are padded to a multiple of this.
const BLOCK: usize = 32;
/// The key's last character has two bits that mean nothing, and merchants' tools set them.
const KEY: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `text` for an app, encrypted, in base64; `None` for a key that is none.
pub(super) fn seal(key: &str, text: &str, appid: &str) -> Option<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    seal_with(key, text, appid, random)
}

/// 16 random bytes, the text's length, the text, the app's id, and as many bytes as fill the block,
/// each with their number.
fn seal_with(key: &str, text: &str, appid: &str, random: [u8; 16]) -> Option<String> {
    let key: [u8; 32] = KEY.decode(key).ok()?.try_into().ok()?;
    let iv: [u8; 16] = *key.first_chunk()?;
    let length = u32::try_from(text.len()).ok()?;
    let mut plain = random.to_vec();
    plain.extend(length.to_be_bytes());
    plain.extend(text.as_bytes());
    plain.extend(appid.as_bytes());
    let fill = BLOCK - plain.len() % BLOCK;
    plain.extend(std::iter::repeat_n(fill as u8, fill));
    let cipher = cbc::Encryptor::<Aes256>::new(&key.into(), &iv.into());
    let length = plain.len();
    let sealed = cipher.encrypt_padded::<NoPadding>(&mut plain, length);
    let sealed = sealed.expect("it is padded to a multiple of the cipher's block");
    Some(base64::engine::general_purpose::STANDARD.encode(sealed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_what_openssl_seals() {
        // Key: the bytes 0 to 31 in base64 without its `=`; made with
        // `openssl enc -aes-256-cbc -nopad -K … -iv …` over the padded text.
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let sealed = seal_with(key, "<xml/>", "wx0123", [b'r'; 16]).unwrap();
        assert_eq!(
            sealed,
            "HVmyIdrlfifsvDxfDSR1Yeqzdv3rL3CdlcU8/k1vN5u8Eu7FeBuQ7B+kt4S2HnmAlWwFz6TaDsmemYpoBsMGaw=="
        );
    }

    #[test]
    fn a_key_of_letters_and_digits_is_a_key_whatever_its_last_bits() {
        assert!(seal(&"z".repeat(43), "a", "b").is_some());
        assert!(seal(&"z".repeat(42), "a", "b").is_none());
    }
}

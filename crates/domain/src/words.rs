//! Words that must not stand in names, and claims that keep goods from being approved.

/// A rule that a text breaks by a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WordRule {
    /// Against the law whoever writes it: refused at once, in every name.
    Forbidden,
    /// Advertising Law, article 9: absolute claims such as "the best".
    AbsoluteClaim,
    /// Advertising Law, articles 16 and 17: cures, and effects that are promised.
    MedicalClaim,
    /// One of the operator's own.
    Operator,
}

impl WordRule {
    /// Its id, for records and messages.
    pub fn id(self) -> &'static str {
        match self {
            Self::Forbidden => "word.forbidden",
            Self::AbsoluteClaim => "word.absolute_claim",
            Self::MedicalClaim => "word.medical_claim",
            Self::Operator => "word.operator",
        }
    }
}

/// Trades that no shop may ply; an installation adds its own by `content.forbidden`.
const FORBIDDEN: &[&str] = &[
    "赌博",
    "博彩",
    "六合彩",
    "赌场",
    "色情",
    "裸聊",
    "援交",
    "毒品",
    "冰毒",
    "大麻",
    "摇头丸",
    "枪支",
    "弹药",
    "假币",
    "假钞",
    "代开发票",
    "办假证",
    "迷药",
    "窃听器",
    "传销",
];
/// What the Advertising Law calls absolute.
const ABSOLUTE: &[&str] = &[
    "国家级",
    "世界级",
    "最高级",
    "最佳",
    "全网最低",
    "史上最低",
    "全国第一",
    "全球第一",
    "销量第一",
    "第一品牌",
    "顶级",
    "极品",
    "独一无二",
    "绝无仅有",
    "万能",
];
/// What ordinary goods must not promise.
const MEDICAL: &[&str] = &[
    "根治",
    "治愈",
    "包治",
    "药到病除",
    "特效药",
    "无副作用",
    "抗癌",
    "防癌",
    "降血压",
    "降血糖",
    "祖传秘方",
    "疗效",
    "一针见效",
];

/// The lists in force: ours, and what the operator adds.
#[derive(Clone, Debug, Default)]
pub struct Words {
    forbidden: Vec<String>,
    claims: Vec<String>,
}

impl Words {
    /// Ours with the operator's `forbidden` (refused at once) and `claims` (goods are rejected).
    pub fn new(forbidden: &[String], claims: &[String]) -> Self {
        let read = |words: &[String]| {
            let words = words.iter().map(|word| normalised(word));
            words.filter(|word| !word.is_empty()).collect()
        };
        Self {
            forbidden: read(forbidden),
            claims: read(claims),
        }
    }

    /// Whether `text` has a word that nothing may be called by.
    pub fn forbid(&self, text: &str) -> bool {
        let text = normalised(text);
        has_one(&text, FORBIDDEN) || has_one(&text, &self.forbidden)
    }

    /// The claim for which goods of this name are not approved, and its word.
    pub fn claim(&self, text: &str) -> Option<(WordRule, String)> {
        let text = normalised(text);
        let own = self.claims.iter().find(|word| text.contains(*word));
        first(&text, ABSOLUTE)
            .map(|word| (WordRule::AbsoluteClaim, word.to_owned()))
            .or_else(|| first(&text, MEDICAL).map(|word| (WordRule::MedicalClaim, word.to_owned())))
            .or_else(|| own.map(|word| (WordRule::Operator, word.clone())))
    }
}

fn has_one<W: AsRef<str>>(text: &str, words: &[W]) -> bool {
    words.iter().any(|word| text.contains(word.as_ref()))
}

fn first<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    words.iter().copied().find(|word| text.contains(word))
}

/// Lower case and half width, letters and digits alone: `赌 · 博` is the same word.
fn normalised(text: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    };
    let letters = text.chars().map(half).filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_however_they_are_dressed() {
        let words = Words::new(&["Ｖ P N".into()], &[]);
        for text in [
            "赌博专场",
            "赌 博",
            "赌·博",
            "赌\u{200b}博",
            "好用的ＶＰＮ",
            "v-p-n",
        ] {
            assert!(words.forbid(text), "{text}");
        }
        for text in ["晚间新品专场", "帆布双肩包", ""] {
            assert!(!words.forbid(text), "{text}");
        }
    }

    #[test]
    fn a_claim_is_named_with_its_rule() {
        let words = Words::new(&[], &["原单".into()]);
        let rule = |text| words.claim(text).map(|(rule, _)| rule);
        assert_eq!(rule("国家级保温杯"), Some(WordRule::AbsoluteClaim));
        assert_eq!(rule("根治脚气膏"), Some(WordRule::MedicalClaim));
        assert_eq!(rule("原单尾货"), Some(WordRule::Operator));
        assert_eq!(rule("帆布双肩包"), None);
    }

    #[test]
    fn empty_words_of_an_operator_forbid_nothing() {
        assert!(!Words::new(&[String::new(), " · ".into()], &[String::new()]).forbid("帆布包"));
    }
}

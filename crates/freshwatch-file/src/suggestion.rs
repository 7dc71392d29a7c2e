//! What somebody may have meant by a word with a typo.

/// The known word that is nearest to `word`, if any is near enough to be meant.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    // Longer ones are no typos of anything known; the distance costs their length squared.
    if word.is_empty() || word.len() > 80 {
        return None;
    }
    let wanted = simple(word);
    let distance = |candidate: &str| strsim::osa_distance(&wanted, &simple(candidate));
    let known: Vec<&str> = known.into_iter().collect();
    let synonym = SYNONYMS
        .iter()
        .find(|(other, _)| *other == wanted)
        .map(|(_, ours)| *ours);
    if let Some(ours) = synonym.and_then(|ours| known.iter().find(|candidate| **candidate == ours)) {
        return Some(ours);
    }
    let (candidate, distance) = known
        .iter()
        .map(|candidate| (*candidate, distance(candidate)))
        .min_by_key(|(_, distance)| *distance)?;
    let length = wanted.chars().count().max(candidate.chars().count());
    if distance <= length / 3 {
        return Some(candidate);
    }
    let begins = |candidate: &&str| candidate.len() >= 3 && wanted.starts_with(&simple(candidate));
    known.into_iter().find(begins)
}

/// What other probers and other grammars call it.
const SYNONYMS: [(&str, &str); 20] = [
    ("url", "get"),
    ("uri", "get"),
    ("target", "get"),
    ("interval", "every"),
    ("frequency", "every"),
    ("schedule", "cron"),
    ("tags", "labels"),
    ("retries", "retry"),
    ("assert", "expect"),
    ("conditions", "expect"),
    ("freshness", "fresh"),
    ("maxsize", "max_body"),
    ("gt", "above"),
    ("gte", "at_least"),
    ("min", "at_least"),
    ("lt", "below"),
    ("lte", "at_most"),
    ("max", "at_most"),
    ("eq", "equals"),
    ("regex", "matches"),
];

/// Case and the joints of words are the commonest of typos, and cost nothing.
fn simple(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// `did you mean …`, or what there is.
pub(crate) fn did_you_mean(word: &str, known: &[&str], otherwise: &str) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{otherwise} {}", listed(known)),
    }
}

/// The words of a list: `a`, `b` and `c`.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => "nothing".into(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{listed, nearest};

    #[test]
    fn the_words_of_others_are_understood() {
        let known = ["get", "every", "above", "at_least", "labels"];
        for (word, ours) in [
            ("url", "get"),
            ("interval", "every"),
            ("gt", "above"),
            ("min", "at_least"),
        ] {
            assert_eq!(nearest(word, known), Some(ours));
        }
        assert_eq!(nearest("regex", known), None);
    }

    #[test]
    fn typos_are_near_and_other_words_are_not() {
        let known = ["max_age", "warn_age", "pick", "at"];
        for (word, meant) in [
            ("maxage", Some("max_age")),
            ("maxAge", Some("max_age")),
            ("max-age", Some("max_age")),
            ("mx_age", Some("max_age")),
            ("pikc", Some("pick")),
            ("pick_one", Some("pick")),
            ("colour", None),
            ("ab", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn lists_read_like_a_sentence() {
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}

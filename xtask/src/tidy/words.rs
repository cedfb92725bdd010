//! Words in text: an identifier that does not go on to either side.

use super::code::is_identifier;

/// Returns the places, in bytes, where `word` stands in `text` as a word of its own.
pub(super) fn places_of<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text
                .get(at + word.len()..)
                .and_then(|after| after.chars().next());
            !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
        })
}

/// Tells whether `word` stands in `text` as a word of its own.
pub(super) fn has(text: &str, word: &str) -> bool {
    places_of(text, word).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_ends_where_an_identifier_would_go_on() {
        assert!(has("sleep(1)", "sleep"));
        assert!(has("time::sleep", "sleep"));
        assert!(!has("asleep", "sleep"));
        assert!(!has("sleep_until", "sleep"));
        assert_eq!(places_of("a b a", "a").collect::<Vec<_>>(), [0, 4]);
    }
}

//! The one place that prints.

use std::io::{IsTerminal, Write};

/// Prints data to standard output. A closed pipe is no error: the reader has had enough.
pub(super) fn data(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let _ = writeln!(stdout, "{text}");
}

/// Says something to the person at the terminal.
pub(super) fn talk(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Tells whether somebody reads along, rather than a pipe.
pub(super) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Makes foreign text safe for a terminal: no control characters, no direction overrides.
pub(super) fn plain(text: &str) -> String {
    let harmless = |c: char| {
        let hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        !c.is_control() && !hidden
    };
    text.chars()
        .map(|c| if harmless(c) { c } else { '\u{fffd}' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_move_the_cursor_or_turn_the_line() {
        assert_eq!(
            plain("a\u{1b}[31mb\nc\u{202e}d"),
            "a\u{fffd}[31mb\u{fffd}c\u{fffd}d"
        );
        assert_eq!(plain("Zahlung fällig ✓"), "Zahlung fällig ✓");
    }
}

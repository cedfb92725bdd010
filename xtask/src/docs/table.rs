//! Tables in Markdown.

/// Writes one row, without its line break. A bar inside a cell would start the next one, so it is
/// escaped.
pub(super) fn row<const N: usize>(cells: [&str; N]) -> String {
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    format!("| {} |", cells.join(" | "))
}

/// Writes the heads of the columns and the line below them.
pub(super) fn head<const N: usize>(names: [&str; N]) -> String {
    format!("{}\n{}", row(names), row(["---"; N]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_stays_inside_its_cell() {
        assert_eq!(row(["a|b", "c"]), "| a\\|b | c |");
        assert_eq!(head(["x", "y"]), "| x | y |\n| --- | --- |");
    }
}

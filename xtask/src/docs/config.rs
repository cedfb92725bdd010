//! `docs/config.md`: every setting, from the list that the service itself reads.

use std::fmt::Write as _;

use signalbox::config::settings::{self, Setting};

use super::table;

/// What the list of settings does not say: where values come from, and what happens to wrong ones.
const HEAD: &str = include_str!("config_head.md");

/// Writes the document.
pub(super) fn document() -> anyhow::Result<String> {
    let mut text = HEAD.to_owned();
    let names = ["variable", "key in the config file", "default", "meaning"];
    writeln!(text, "\n{}", table::head(names))?;
    for setting in settings::ALL {
        writeln!(text, "{}", row(setting))?;
    }
    Ok(text)
}

fn row(setting: &Setting) -> String {
    let variable = setting.variable;
    let default = match setting.default {
        "" => "unset".to_owned(),
        value => format!("`{value}`"),
    };
    let meaning = if setting.secret {
        format!("{} Secret: `{variable}_FILE` works too.", setting.meaning)
    } else {
        setting.meaning.to_owned()
    };
    let (variable, key) = (format!("`{variable}`"), format!("`{}`", setting.key));
    table::row([&variable, &key, &default, &meaning])
}

#[cfg(test)]
mod tests {
    use signalbox::config::{Config, Sources};

    use super::*;

    #[test]
    fn the_example_of_a_config_file_is_accepted() {
        let (_, rest) = HEAD.split_once("```toml\n").expect("there is an example");
        let (example, _) = rest.split_once("```").expect("the example ends");
        let mut sources = Sources::default();
        sources.set_file("signalbox.toml", example);
        let config = Config::resolve(&sources).expect("the example is valid");
        assert_eq!(config.stripe.secrets.len(), 2);
    }

    #[test]
    fn every_setting_has_its_row() {
        let document = document().expect("the document can be written");
        for setting in settings::ALL {
            assert!(document.contains(&format!("| `{}` | `{}` |", setting.variable, setting.key)));
        }
    }
}

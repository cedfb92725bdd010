//! Where values come from, and reading them one setting at a time.
//!
//! Order: flag, variable, `.env`, config file, default. An empty value counts as unset, because
//! that is what composing tools pass for a variable that nobody set.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::file::{self, Entry};
use super::settings::{self, Setting};
use super::{Effective, Problem, Problems};

/// Longest secret file that is read.
const SECRET_FILE_MAX: u64 = 64 * 1_024;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A command-line flag.
    Flag,
    /// An environment variable.
    Variable,
    /// The `.env` file.
    DotEnv,
    /// The config file.
    File,
    /// Built in.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::Variable => "variable",
            Self::DotEnv => ".env",
            Self::File => "file",
            Self::Default => "default",
        })
    }
}

/// The raw material of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    flags: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    dotenv: BTreeMap<String, String>,
    file: BTreeMap<String, Entry>,
    problems: Vec<Problem>,
}

impl Sources {
    /// Reads the environment of this process, `.env` in the working directory, and the config file
    /// (`config_file`, else `SIGNALBOX_CONFIG`, else `signalbox.toml` where there is one).
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn from_process(config_file: Option<&Path>) -> Self {
        let mut sources = Self::default();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().map(str::to_owned) else {
                continue;
            };
            match value.into_string() {
                Ok(value) => {
                    sources.variables.insert(name, value);
                }
                Err(_) if settings::ALL.iter().any(|setting| setting.variable == name) => {
                    sources.complain(&name, "not UTF-8", "write it in UTF-8");
                }
                Err(_) => {}
            }
        }
        sources.read_dotenv(Path::new(".env"));
        let named = config_file.map(Path::to_owned).or_else(|| {
            let path = sources
                .lookup("SIGNALBOX_CONFIG")
                .map(|(value, _)| value.to_owned());
            path.map(PathBuf::from)
        });
        sources.read_file(named.as_deref());
        sources
    }

    /// Takes variables as given. For tests and embedding.
    #[must_use]
    pub fn from_variables<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            variables: variables.into_iter().map(own).collect(),
            ..Self::default()
        }
    }

    /// Reads a `.env` file only. For tests.
    #[cfg(test)]
    pub(super) fn from_dotenv(path: &Path) -> Self {
        let mut sources = Self::default();
        sources.read_dotenv(path);
        sources
    }

    /// Adds a command-line flag, which goes before everything else.
    pub fn set_flag(&mut self, setting: &Setting, value: String) {
        self.flags.insert(setting.variable.to_owned(), value);
    }

    /// Adds the text of a config file called `name`.
    pub fn set_file(&mut self, name: &str, text: &str) {
        let (entries, problems) = file::read(name, text);
        self.file = entries;
        self.problems.extend(problems);
    }

    /// In `.env` a bare `$` is replaced by another variable's value, mostly by nothing: a secret
    /// would change in silence. Where one stands outside single quotes, it is refused.
    fn refuse_expansion(&mut self, path: &Path) {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        for line in text.lines().map(str::trim_start) {
            let Some((name, value)) = line.split_once('=') else {
                continue;
            };
            let (name, value) = (
                name.trim_start_matches("export ").trim(),
                value.trim_start(),
            );
            let quoted = value.starts_with('\'') || line.starts_with('#');
            if value.contains('$') && !quoted {
                let what = format!("{name} holds `$`, which would be replaced");
                self.complain(".env", &what, "put the value in single quotes");
            }
        }
    }

    fn read_dotenv(&mut self, path: &Path) {
        self.refuse_expansion(path);
        let entries = match dotenvy::from_path_iter(path) {
            Ok(entries) => entries,
            Err(error) if error.not_found() => return,
            Err(_) => {
                self.complain(
                    ".env",
                    "cannot be read",
                    "check its permissions, or remove it",
                );
                return;
            }
        };
        for (index, entry) in entries.enumerate() {
            // The parser's message is dropped: it quotes the line, which may hold a secret.
            let Ok((name, value)) = entry else {
                let what = format!("entry {} cannot be read", index + 1);
                self.complain(".env", &what, "write NAME=value, one a line");
                return;
            };
            self.dotenv.insert(name, value);
        }
    }

    fn read_file(&mut self, named: Option<&Path>) {
        let path = named.map_or_else(super::default_file, Path::to_owned);
        let name = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => self.set_file(&name, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {}
            Err(error) => {
                let what = format!("cannot be read ({})", error.kind());
                self.complain(&name, &what, "name a readable file with --config PATH");
            }
        }
    }

    fn complain(&mut self, place: &str, what: &str, fix: &str) {
        let (place, what, fix) = (place.to_owned(), what.to_owned(), fix.to_owned());
        self.problems.push(Problem { place, what, fix });
    }

    fn lookup(&self, variable: &str) -> Option<(&str, Origin)> {
        let levels = [
            (&self.flags, Origin::Flag),
            (&self.variables, Origin::Variable),
            (&self.dotenv, Origin::DotEnv),
        ];
        levels.into_iter().find_map(|(level, origin)| {
            let value = level.get(variable)?.as_str();
            (!value.trim().is_empty()).then_some((value, origin))
        })
    }
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) text: String,
    pub(super) origin: Origin,
    pub(super) place: String,
}

/// Reads settings and collects what is wrong.
pub(super) struct Reader<'a> {
    sources: &'a Sources,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            problems: sources.problems.clone(),
        }
    }

    pub(super) fn finish(self) -> Result<(), Problems> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(Problems(self.problems))
        }
    }

    /// Returns the value of a setting, its default included; an unset one without default: `None`.
    pub(super) fn value(&mut self, setting: &Setting) -> Option<Located> {
        let direct = self.direct(setting);
        if setting.secret
            && let Some((path, origin)) = self.sources.lookup(&format!("{}_FILE", setting.variable))
        {
            let (path, place) = (path.to_owned(), format!("{}_FILE", setting.variable));
            if direct.is_some() {
                self.problem(&place, "set beside the value itself", "set one of the two");
                return direct;
            }
            return self.secret_file(&path, place, origin);
        }
        direct.or_else(|| {
            (!setting.default.is_empty()).then(|| Located {
                text: setting.default.to_owned(),
                origin: Origin::Default,
                place: setting.variable.to_owned(),
            })
        })
    }

    fn direct(&self, setting: &Setting) -> Option<Located> {
        if let Some((text, origin)) = self.sources.lookup(setting.variable) {
            let (text, place) = (text.trim().to_owned(), setting.variable.to_owned());
            return Some(Located {
                text,
                origin,
                place,
            });
        }
        let entry = self.sources.file.get(setting.key)?;
        let text = entry.text.trim().to_owned();
        let place = format!("{} ({})", entry.place, setting.key);
        (!text.is_empty()).then_some(Located {
            text,
            origin: Origin::File,
            place,
        })
    }

    fn secret_file(&mut self, path: &str, place: String, origin: Origin) -> Option<Located> {
        match read_secret(Path::new(path)) {
            Ok(text) => Some(Located {
                text,
                origin,
                place,
            }),
            Err(why) => {
                let what = format!("{path} {why}");
                self.problem(
                    &place,
                    &what,
                    "name a readable file that holds only the secret",
                );
                None
            }
        }
    }

    /// Reads a setting through a parser that says what to write when it cannot.
    pub(super) fn parse<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let located = self.value(setting)?;
        match parse(&located.text) {
            Ok(value) => Some(value),
            Err(fix) => {
                let shown = if setting.secret {
                    "the value (not shown) is not valid".to_owned()
                } else {
                    format!("`{}` is not valid", printable(&located.text))
                };
                self.problem(&located.place, &shown, &fix);
                None
            }
        }
    }

    pub(super) fn flag(&mut self, setting: &Setting) -> Option<bool> {
        self.parse(setting, |text| match text.to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => Ok(true),
            "false" | "off" | "no" | "0" => Ok(false),
            _ => Err("write true or false, or on or off".to_owned()),
        })
    }

    pub(super) fn problem(&mut self, place: &str, what: &str, fix: &str) {
        let (place, what, fix) = (place.to_owned(), what.to_owned(), fix.to_owned());
        self.problems.push(Problem { place, what, fix });
    }

    pub(super) fn effective(&mut self, setting: &'static Setting) -> Effective {
        match self.value(setting) {
            None => Effective {
                setting,
                value: "(unset)".to_owned(),
                origin: Origin::Default,
            },
            Some(located) => {
                let value = match located.text.split_once('?') {
                    _ if setting.secret => "***".to_owned(),
                    // The query of a URL is where tokens stand.
                    Some((url, _)) if url.contains("://") => format!("{url}?***"),
                    _ => located.text,
                };
                Effective {
                    setting,
                    value,
                    origin: located.origin,
                }
            }
        }
    }
}

/// Reads a secret file, cutting the newline that editors add.
fn read_secret(path: &Path) -> Result<String, &'static str> {
    let metadata = std::fs::metadata(path).map_err(|_| "cannot be found")?;
    if !metadata.is_file() {
        return Err("is not a file");
    }
    if metadata.len() > SECRET_FILE_MAX {
        return Err("is longer than 64 KiB");
    }
    let text = std::fs::read_to_string(path).map_err(|_| "cannot be read as UTF-8 text")?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.trim().is_empty() {
        Err("is empty")
    } else {
        Ok(secret.to_owned())
    }
}

/// Keeps a message on one line and of sane length, and hides what may be a password in a URL.
fn printable(text: &str) -> String {
    let shown = match (text.split_once("//"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}//***@{host}"),
        _ => text.to_owned(),
    };
    shown
        .chars()
        .take(80)
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

//! From XML to the channel and its entries, RSS and Atom alike.

use jiff::Timestamp;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::date;
use crate::json::DEPTH_MAX;
use crate::source::page::{ITEMS_MAX, ReadError, numbered, plain};

/// Most categories that are kept of one entry. Azure names its fifty regions.
const CATEGORIES_MAX: usize = 500;

/// A feed: what it says of itself, and its entries in the order of the document.
#[derive(Debug, Default)]
pub(super) struct Channel {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) link: Option<String>,
    /// RSS's `lastBuildDate`.
    pub(super) built_at: Option<String>,
    pub(super) generator: Option<String>,
    pub(super) entries: Vec<Entry>,
}

/// One entry, as text. Empty fields are absent. Also its `raw`.
#[derive(Debug, Default, Clone, serde::Serialize)]
pub(super) struct Entry {
    /// RSS's `guid`, Atom's `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<String>,
    /// RSS's `pubDate`, Atom's `published`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) published: Option<String>,
    /// Atom's `updated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) updated: Option<String>,
    /// RSS's `description`, Atom's `content` or `summary`: HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<String>,
    #[serde(rename = "categories", skip_serializing_if = "Vec::is_empty")]
    pub(super) categories: Vec<String>,
}

impl Entry {
    /// Returns the content as plain text.
    pub(super) fn text(&self) -> Option<String> {
        let text = self.content.as_deref().map(plain);
        text.filter(|text| !text.is_empty())
    }

    /// Returns when the entry was published.
    pub(super) fn published_at(&self) -> Option<Timestamp> {
        Some(date::parse(self.published.as_deref()?)?.at)
    }

    /// Returns when the entry was changed.
    pub(super) fn updated_at(&self) -> Option<Timestamp> {
        Some(date::parse(self.updated.as_deref()?)?.at)
    }
}

/// What an element is by the names of those that it lies in and its own.
enum Part {
    /// The outermost element of something else.
    Foreign,
    /// What speaks of the feed.
    Channel,
    /// An entry.
    Entry,
    /// Atom's link, which has no text.
    Link,
    /// A field of the feed or of an entry.
    Field,
    /// Anything else.
    Other,
}

impl Part {
    fn at(path: &[String]) -> Self {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["feed"] | ["rss", "channel"] => Self::Channel,
            ["rss", "channel", "item"] | ["feed", "entry"] => Self::Entry,
            ["feed", "link"] | ["feed", "entry", "link"] => Self::Link,
            ["rss", "channel", _]
            | ["rss", "channel", "item", _]
            | ["feed", _]
            | ["feed", "entry", _] => Self::Field,
            ["rss" | "feed", ..] => Self::Other,
            _ => Self::Foreign,
        }
    }
}

/// Where the reader is.
#[derive(Default)]
struct Place {
    /// The names of the elements that are open, outermost first.
    path: Vec<String>,
    /// The text of the field that is open, and how deep it lies.
    field: Option<(usize, String)>,
    /// Whether the reader is inside an entry.
    entry: Option<Entry>,
    channel: Channel,
    /// Whether a channel was there at all.
    has_channel: bool,
}

/// Reads a document.
///
/// # Errors
/// `Xml` where it is not well-formed, cut short or deeper than [`DEPTH_MAX`]; `NoFeed` where it is
/// neither RSS 2.0 nor Atom; a field error where it has more than [`ITEMS_MAX`] entries.
pub(super) fn read(text: &str) -> Result<Channel, ReadError> {
    let mut reader = Reader::from_str(text);
    // A lone `&` is a mistake that costs nothing.
    reader.config_mut().allow_dangling_amp = true;
    let mut place = Place::default();
    loop {
        let event = reader.read_event();
        let event = event.map_err(|_| ReadError::Xml {
            offset: reader.error_position(),
        })?;
        match event {
            Event::Start(start) => place.open(&start)?,
            Event::Empty(start) => {
                place.open(&start)?;
                place.close()?;
            }
            Event::End(_) => place.close()?,
            Event::Text(text) => place.text(&text),
            Event::CData(text) => place.text(&text),
            Event::GeneralRef(reference) => place.reference(&reference),
            Event::Eof => break,
            // Nothing is declared or included that could be expanded.
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
        if place.path.len() > DEPTH_MAX {
            return Err(ReadError::Xml {
                offset: reader.buffer_position(),
            });
        }
    }
    if !place.path.is_empty() {
        return Err(ReadError::Xml {
            offset: reader.buffer_position(),
        });
    }
    if place.has_channel {
        Ok(place.channel)
    } else {
        Err(ReadError::NoFeed)
    }
}

impl Place {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), ReadError> {
        let name = start.local_name().as_ref().to_owned();
        if let Some((_, text)) = &mut self.field {
            // XHTML inside of a field: its marks are kept.
            text.extend(["<", &name, ">"]);
            self.path.push(name);
            return Ok(());
        }
        self.path.push(name);
        match Part::at(&self.path) {
            Part::Foreign => return Err(ReadError::NoFeed),
            Part::Channel => self.has_channel = true,
            Part::Entry => self.entry = Some(Entry::default()),
            Part::Link => self.link(start),
            Part::Field => self.field = Some((self.path.len(), String::new())),
            Part::Other => {}
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), ReadError> {
        let depth = self.path.len();
        let Some(name) = self.path.pop() else {
            return Ok(());
        };
        match self.field.take() {
            Some((at, text)) if at == depth => self.set(&name, &text),
            Some((at, mut text)) => {
                text.extend(["</", &name, ">"]);
                self.field = Some((at, text));
            }
            None if depth <= 3 && (name == "item" || name == "entry") => {
                let Some(entry) = self.entry.take() else {
                    return Ok(());
                };
                if self.channel.entries.len() >= ITEMS_MAX {
                    return Err(ReadError::field("entries", "at most 10000 entries"));
                }
                self.channel.entries.push(entry);
            }
            None => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some((_, field)) = &mut self.field {
            field.push_str(text);
        }
    }

    /// Resolves a reference once. What XML does not know, HTML may: it is left as it is.
    fn reference(&mut self, reference: &BytesRef<'_>) {
        let depth = self.path.len();
        let Some((at, field)) = &mut self.field else {
            return;
        };
        let name: &str = reference;
        let known = match name {
            "amp" => Some('&'),
            "apos" => Some('\''),
            "gt" => Some('>'),
            "lt" => Some('<'),
            "quot" => Some('"'),
            _ => name.strip_prefix('#').and_then(numbered),
        };
        match known {
            // In XHTML, what is escaped is text and must stay so.
            Some(character) if *at == depth => field.push(character),
            _ => field.extend(["&", name, ";"]),
        }
    }

    /// Atom's links are attributes; the page is the alternate one.
    fn link(&mut self, start: &BytesStart<'_>) {
        let value = |name: &str| {
            // Unchecked: comparing each with all others would take for ever where there are many.
            let mut attributes = start.attributes();
            let attributes = attributes.with_checks(false).filter_map(Result::ok);
            let mut named = attributes.filter(|it| it.key.as_ref() == name);
            named.next().map(|it| it.value.replace("&amp;", "&"))
        };
        if value("rel").is_none_or(|rel| rel == "alternate") {
            let slot = self
                .entry
                .as_mut()
                .map_or(&mut self.channel.link, |entry| &mut entry.link);
            *slot = value("href").filter(|href| !href.is_empty());
        }
    }

    fn set(&mut self, name: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let text = text.to_owned();
        let Some(entry) = &mut self.entry else {
            let slot = match name {
                "id" => &mut self.channel.id,
                "title" => &mut self.channel.title,
                "link" => &mut self.channel.link,
                "lastBuildDate" => &mut self.channel.built_at,
                "generator" => &mut self.channel.generator,
                _ => return,
            };
            *slot = Some(text);
            return;
        };
        let slot = match name {
            "guid" | "id" => &mut entry.id,
            "title" => &mut entry.title,
            "link" => &mut entry.link,
            "pubDate" | "published" => &mut entry.published,
            "updated" => &mut entry.updated,
            "description" | "content" => &mut entry.content,
            "summary" if entry.content.is_none() => &mut entry.content,
            "category" if entry.categories.len() < CATEGORIES_MAX => {
                entry.categories.push(text);
                return;
            }
            _ => return,
        };
        *slot = Some(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(entry: &str) -> Entry {
        let feed = format!("<feed xmlns=\"http://www.w3.org/2005/Atom\">{entry}</feed>");
        read(&feed).unwrap().entries.remove(0)
    }

    #[test]
    fn references_are_resolved_once_and_cdata_not_at_all() {
        let escaped = entry("<entry><title>a &amp;amp; b &#x2019; &nbsp; & c</title></entry>");
        assert_eq!(escaped.title.as_deref(), Some("a &amp; b ’ &nbsp; & c"));
        let verbatim = entry("<entry><title><![CDATA[a &amp; <b>]]></title></entry>");
        assert_eq!(verbatim.title.as_deref(), Some("a &amp; <b>"));
        let nul = entry("<entry><title>a &#0; b</title></entry>");
        assert_eq!(nul.title.as_deref(), Some("a &#0; b"));
    }

    #[test]
    fn marks_of_xhtml_are_kept_and_escapes_in_it_too() {
        let content = "<div><p><strong>Resolved</strong> - 1 &lt; 2<br/></p></div>";
        let xhtml = entry(&format!(
            "<entry><content type=\"xhtml\">{content}</content></entry>"
        ));
        let kept = "<div><p><strong>Resolved</strong> - 1 &lt; 2<br></br></p></div>";
        assert_eq!(xhtml.content.as_deref(), Some(kept));
        assert_eq!(xhtml.text().as_deref(), Some("Resolved - 1 < 2"));
    }

    #[test]
    fn the_alternate_link_is_the_entrys() {
        let links = "<link rel=\"self\" href=\"https://x.example/a\"/>\
                     <link rel=\"alternate\" href=\"https://x.example/b?c&amp;d\"/>\
                     <link rel=\"edit\" href=\"https://x.example/e\"/>";
        let linked = entry(&format!("<entry>{links}</entry>"));
        assert_eq!(linked.link.as_deref(), Some("https://x.example/b?c&d"));
    }

    #[test]
    fn more_entries_than_a_page_may_show_are_refused() {
        let feed = format!("<feed>{}</feed>", "<entry/>".repeat(ITEMS_MAX + 1));
        assert!(
            read(&feed)
                .unwrap_err()
                .to_string()
                .contains("at most 10000")
        );
    }
}

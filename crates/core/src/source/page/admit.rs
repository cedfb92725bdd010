//! Whether a snapshot may be believed, given what is known of its page.
//!
//! A page that moved to another provider, a cache that serves an older copy and an answer that
//! lost its components all look like good news: nothing is listed any more. None of them is.

use jiff::Timestamp;

use super::snapshot::{Silence, Snapshot};

/// What is known of a page since its last valid answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownPage {
    /// The page's own identifier.
    pub page_id: Option<String>,
    /// The page's last edit.
    pub page_updated_at: Option<Timestamp>,
}

/// Why a snapshot is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Disbelief {
    /// Its identifier is not that of the page we know.
    #[error(
        "page.id: another page answered than before; if it was replaced on purpose, give it a new URL"
    )]
    AnotherPage,
    /// It is older than one we have seen.
    #[error("page.updated_at: the page shows an older edit than before; a cache lags")]
    OlderCopy,
}

/// Admits a snapshot, and tells whether what it does not show counts as absent: never where the
/// document could not be read whole, otherwise as its [`Silence`] says.
///
/// # Errors
/// The snapshot changes nothing, least of all for the better.
pub fn admit(known: Option<&KnownPage>, snapshot: &Snapshot) -> Result<Silence, Disbelief> {
    let silence = if snapshot.is_complete() {
        snapshot.silence
    } else {
        Silence::NOTHING
    };
    let Some(known) = known else {
        return Ok(silence);
    };
    if known.page_id.is_some() && known.page_id != snapshot.page_id {
        return Err(Disbelief::AnotherPage);
    }
    if let (Some(before), Some(now)) = (known.page_updated_at, snapshot.page_updated_at)
        && now < before
    {
        return Err(Disbelief::OlderCopy);
    }
    Ok(silence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::statuspage::read;

    fn page(id: &str, updated_at: &str, components: &str) -> Snapshot {
        let document = format!(
            r#"{{"page":{{"id":"{id}","updated_at":"{updated_at}"}},"incidents":[],
                "components":[{components}]}}"#
        );
        read(document.as_bytes()).unwrap()
    }

    const COMPONENT: &str = r#"{"id":"c","name":"API","status":"operational"}"#;

    fn known() -> KnownPage {
        KnownPage {
            page_id: Some("abc".into()),
            page_updated_at: Some("2024-01-15T10:00:00Z".parse().unwrap()),
        }
    }

    #[test]
    fn the_same_page_at_the_same_or_a_later_edit_is_believed() {
        for at in ["2024-01-15T10:00:00Z", "2024-01-15T10:00:01Z"] {
            assert_eq!(
                admit(Some(&known()), &page("abc", at, COMPONENT)),
                Ok(Silence::both(true))
            );
        }
        assert_eq!(
            admit(None, &page("abc", "2024-01-15T10:00:00Z", COMPONENT)),
            Ok(Silence::both(true))
        );
    }

    #[test]
    fn another_page_and_an_older_copy_are_not_believed() {
        let other = page("xyz", "2024-01-15T10:00:00Z", COMPONENT);
        assert_eq!(admit(Some(&known()), &other), Err(Disbelief::AnotherPage));
        let older = page("abc", "2024-01-15T09:59:59Z", COMPONENT);
        assert_eq!(admit(Some(&known()), &older), Err(Disbelief::OlderCopy));
    }

    #[test]
    fn an_emptied_page_proves_nothing() {
        let empty = page("abc", "2024-01-15T10:00:00Z", "");
        assert_eq!(admit(Some(&known()), &empty), Ok(Silence::NOTHING));
        assert_eq!(admit(None, &empty), Ok(Silence::NOTHING));
    }

    #[test]
    fn a_page_that_could_not_be_read_whole_proves_nothing() {
        let partly = page("abc", "2024-01-15T10:00:00Z", &format!("{COMPONENT},{{}}"));
        assert_eq!(admit(Some(&known()), &partly), Ok(Silence::NOTHING));
    }
}

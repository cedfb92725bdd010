//! What is known of each polled page.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use signalbox_core::event::Origin;

use super::rows::{Columns, millis};
use super::writer::Tx;
use crate::{PageRecord, StoreError};

/// Loads what the last valid answer left behind.
pub(super) fn load(
    connection: &Connection,
    source: &str,
) -> Result<Option<PageRecord>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM pages WHERE source = ?1")?;
    let mut found = statement.query([source])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let columns = Columns {
        row,
        table: "pages",
        number: 0,
    };
    Ok(Some(PageRecord {
        source: columns.get("source")?,
        url: columns.get("url")?,
        page_id: columns.get("page_id")?,
        page_updated_at: columns.maybe_time("page_updated_at_ms")?,
        n_items: columns.get("n_items")?,
        n_components: columns.get("n_components")?,
        proves_absence: columns.get("proves_absence")?,
        etag: columns.get("etag")?,
        last_modified: columns.get("last_modified")?,
    }))
}

/// Tells whether the feed was last served by another page: at another URL, and not under the same
/// identifier.
pub(super) fn is_another(
    tx: &Tx<'_>,
    page: &PageRecord,
    origin: Origin,
) -> Result<bool, StoreError> {
    let found: Option<(String, Option<String>)> = tx
        .prepare("SELECT url, page_id FROM pages WHERE source = ?1 AND origin = ?2")?
        .query_row([&*page.source, origin.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(found.is_some_and(|(url, page_id)| {
        url != page.url && (page_id.is_none() || page_id != page.page_id)
    }))
}

/// Remembers a valid answer.
pub(super) fn save(
    tx: &Tx<'_>,
    page: &PageRecord,
    origin: Origin,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.prepare(
        "INSERT OR REPLACE INTO pages (source, url, page_id, page_updated_at_ms, n_items,
             n_components, proves_absence, origin, etag, last_modified, seen_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        page.source,
        page.url,
        page.page_id,
        millis(page.page_updated_at),
        page.n_items,
        page.n_components,
        page.proves_absence,
        origin.as_str(),
        page.etag,
        page.last_modified,
        now.as_millisecond(),
    ])?;
    Ok(())
}

/// Remembers that the page was seen unchanged. If its last valid answer proved absence, returns
/// the origin for which it did.
pub(super) fn touch(
    tx: &Tx<'_>,
    source: &str,
    now: Timestamp,
) -> Result<Option<Origin>, StoreError> {
    let mut statement = tx.prepare(
        "UPDATE pages SET seen_at_ms = ?2 WHERE source = ?1 RETURNING proves_absence, origin",
    )?;
    let mut found = statement.query(params![source, now.as_millisecond()])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let columns = Columns {
        row,
        table: "pages",
        number: 0,
    };
    let proves_absence: bool = columns.get("proves_absence")?;
    let origin = columns.word("origin")?;
    Ok(proves_absence.then_some(origin))
}

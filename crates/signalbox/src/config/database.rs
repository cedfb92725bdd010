//! `[store]`: where the state is kept.

use signalbox_store::DatabaseUrl;

use super::settings;
use super::sources::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> DatabaseUrl {
    let url = reader.parse(&settings::DATABASE_URL, |text| {
        DatabaseUrl::parse(text).map_err(|error| error.to_string())
    });
    url.unwrap_or(DatabaseUrl::Sqlite("signalbox.db".into()))
}

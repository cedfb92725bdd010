//! `[routing]`: the switches of the built-in rules.

use signalbox_core::rule::Rules;

use super::settings;
use super::sources::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Rules {
    Rules {
        route_warning: reader.flag(&settings::ROUTE_WARNING).unwrap_or_default(),
        route_test_mode: reader.flag(&settings::ROUTE_TEST_MODE).unwrap_or_default(),
        real_pager: false,
    }
}

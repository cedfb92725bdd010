//! The contract of the traits, as tests that any backend can run.
//!
//! One file per role; each test is a function over a [`Backend`], and its name states the fact that
//! it checks. A backend runs them all by one line in a test file of its own:
//!
//! ```text
//! signalbox_store::conformance_tests!(MyBackend::new());
//! ```
//!
//! The tests know the traits and nothing else: no file, no statement, no clock. They wait for
//! answers, never for time.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]
#![expect(
    clippy::indexing_slicing,
    reason = "a row that is missing fails the test, as it should"
)]
#![expect(
    missing_docs,
    reason = "the name of a test states the fact that it checks"
)]

pub mod absence;
pub mod accept;
pub mod deliveries;
pub mod durability;
pub mod episodes;
pub mod lanes;
pub mod lifecycle;
pub mod lists;
pub mod oracle;
pub mod outbox;
pub mod pages;
pub mod parking;
pub mod revival;
pub(crate) mod samples;
pub mod search;
mod steps;

use std::sync::Arc;

use async_trait::async_trait;

use crate::Store;

/// A place where stores of one kind can be made. It lives as long as one test.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Opens a store that holds nothing and shares nothing with others.
    async fn fresh(&self) -> Arc<dyn Store>;

    /// Closes a store that [`Backend::fresh`] or this function gave, and opens its contents again.
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store>;
}

/// Runs every test of the contract over the backend that an expression makes, one `#[tokio::test]`
/// each, in one module per role.
#[macro_export]
macro_rules! conformance_tests {
    ($backend:expr) => {
        $crate::conformance_tests! { @run $backend;
            accept {
                fifty_identical_at_once_give_one_row_and_one_delivery,
                many_different_at_once_are_all_kept,
                an_event_is_read_back_as_it_was_given,
                an_unknown_event_is_absent_everywhere,
                a_repetition_is_counted_and_owes_nothing,
                a_repeated_payment_is_the_same_whatever_it_says_now,
                what_the_rules_do_not_choose_is_stored_with_the_reason,
                each_chosen_destination_is_owed_one_delivery,
                delivered_to_names_who_accepted_in_order_and_once,
                the_raw_record_is_kept_byte_for_byte,
                every_text_comes_back_as_it_went_in,
                feeds_with_confusing_names_are_kept_apart,
                values_at_their_limits_are_kept,
                finer_times_than_milliseconds_are_cut,
                what_was_over_at_first_sight_is_stored_and_not_routed,
                an_end_before_the_beginning_is_the_beginning_and_stays,
            }
            lifecycle {
                an_open_event_triggers_each_chosen_destination,
                the_same_state_again_is_counted_and_owes_nothing,
                an_older_copy_changes_nothing,
                a_copy_older_than_the_last_touch_changes_nothing,
                a_threshold_newly_crossed_triggers,
                down_and_up_again_updates_the_open_page,
                a_page_that_waits_goes_out_as_the_event_stands_then,
                other_words_are_a_revision_that_owes_nothing,
                recovery_resolves_the_open_page_under_its_key,
                recovery_cancels_what_has_not_left,
                recovery_cancels_a_page_that_was_turned_away_at_the_door,
                recovery_tells_each_destination_what_it_needs,
                recovery_resolves_whatever_the_rules_say_by_then,
                recovery_resolves_a_page_that_may_have_arrived,
                recovery_resolves_a_page_given_up_without_an_answer,
                recovery_of_a_refused_page_owes_nothing,
                recovery_resolves_a_page_refused_after_an_answer_was_lost,
                recovery_of_what_was_never_routed_owes_nothing,
                a_postmortem_is_a_revision_that_pages_nobody,
                what_comes_back_triggers_again_under_the_same_key,
                what_comes_back_and_goes_before_it_is_sent_owes_one_resolve,
                history_tells_every_state_in_order,
                identity_and_beginning_are_frozen_at_first_sight,
                a_resolve_owed_during_the_first_attempt_waits_for_its_end,
            }
            episodes {
                an_episode_keeps_its_identity_and_beginning,
                worse_within_an_episode_is_routed_once,
                operational_ends_an_episode_with_its_evidence,
                the_end_of_an_episode_is_never_before_its_beginning,
                an_end_without_a_time_is_when_it_was_seen,
                a_healthy_component_makes_no_event_and_ends_no_other,
                healthy_again_and_again_changes_nothing,
                a_later_illness_is_a_new_episode,
                the_same_time_coming_back_reopens_the_episode,
                maintenance_keeps_an_episode_open,
                components_of_one_page_have_episodes_of_their_own,
                a_fixture_and_the_live_page_do_not_speak_for_each_other,
                an_episode_that_is_not_routed_ends_quietly,
            }
            absence {
                one_look_without_it_changes_nothing,
                two_looks_in_a_row_without_it_are_its_end,
                a_missing_component_ends_as_an_incident_does,
                the_same_instant_is_not_a_second_look,
                the_same_instant_in_nanoseconds_is_not_a_second_look,
                reappearance_begins_the_count_anew,
                reappearance_with_other_words_begins_the_count_anew,
                maintenance_begins_the_count_anew,
                an_incomplete_look_proves_nothing,
                an_incomplete_look_between_two_complete_ones_does_not_count,
                an_unchanged_page_counts_as_the_second_look,
                an_unchanged_page_that_showed_it_shows_it_still,
                an_unchanged_incomplete_page_proves_nothing,
                an_unchanged_page_that_was_never_seen_changes_nothing,
                absence_is_judged_for_the_same_feed_only,
                absence_is_judged_for_the_same_origin_only,
                an_unchanged_live_page_says_nothing_of_a_fixture,
                another_page_at_a_new_address_says_nothing_of_the_old_one,
                the_same_page_at_a_new_address_goes_on_as_before,
                what_is_over_is_not_missed,
                what_was_thought_gone_and_is_shown_again_reopens,
                the_vendors_own_record_replaces_what_absence_said,
            }
            pages {
                an_unknown_page_is_absent,
                the_last_valid_answer_is_remembered_whole,
                an_unchanged_answer_leaves_the_record_as_it_was,
                each_page_has_its_own_record,
                a_look_is_tallied,
                a_change_that_owes_nothing_says_so,
                the_same_look_at_once_counts_once,
                nobody_sees_half_a_look,
            }
            lists {
                an_empty_store_lists_nothing,
                the_newest_received_comes_first,
                of_one_instant_the_last_stored_comes_first,
                numbers_rise_in_the_order_of_acceptance,
                the_end_of_a_list_has_no_next,
                a_page_of_large_records_ends_short_and_goes_on,
                a_walk_sees_each_row_once_while_others_arrive,
                a_duplicate_keeps_its_place,
                a_revision_keeps_its_place_and_moves_between_severities,
                each_filter_selects_its_own,
                filters_together_must_all_hold,
                since_is_inclusive_and_until_exclusive,
                bounds_finer_than_milliseconds_are_exact,
                bounds_far_outside_are_no_trouble,
                an_event_leaves_the_open_ones_when_it_is_over,
            }
            oracle {
                every_filter_gives_what_a_list_in_memory_gives,
            }
            search {
                whole_words_are_found_in_any_case,
                every_searched_field_is_searched,
                all_words_must_occur_in_whatever_field,
                an_identifier_is_one_phrase,
                the_engines_own_syntax_is_mere_text,
                quotes_are_mere_text,
                a_text_without_words_finds_nothing_and_is_no_error,
                what_is_no_word_asks_for_nothing_beside_words,
                any_text_is_answered,
                the_last_stored_hit_comes_first,
                a_search_is_narrowed_by_every_filter,
                new_words_are_found_and_old_ones_are_not,
                a_recovery_does_not_disturb_the_words,
                a_rare_hit_behind_many_is_reached,
            }
            outbox {
                a_lease_holds_all_that_an_attempt_needs,
                nothing_is_leased_before_it_is_due_or_to_another,
                the_oldest_due_go_first_and_no_more_than_asked_for,
                no_delivery_is_under_two_leases,
                a_live_lease_keeps_others_out_until_it_ends,
                an_attempt_without_an_answer_is_on_record_as_unknown,
                a_late_answer_corrects_the_record_and_nothing_else,
                an_answer_after_the_lease_counts_if_nobody_took_over,
                a_delivered_delivery_is_over,
                a_retry_waits_for_its_time,
                a_refused_delivery_is_dead_with_the_reason,
                settling_twice_is_settling_once,
                attempts_are_listed_in_order_with_all_their_facts,
                the_next_due_time_is_the_earliest_of_all,
                at_the_next_due_time_there_is_something_to_do,
                a_slow_destination_does_not_hold_up_another,
                the_last_times_are_no_trouble,
            }
            lanes {
                a_resolve_waits_behind_its_trigger_through_every_retry,
                a_resolve_waits_behind_a_trigger_whose_holder_went_away,
                a_resolve_proceeds_when_its_trigger_is_dead,
                a_deliverys_time_begins_with_its_turn,
                lanes_of_other_events_and_destinations_do_not_wait,
                updates_keep_their_order_too,
                a_cancelled_delivery_holds_nobody_up,
                updates_of_a_page_that_was_refused_are_cancelled,
                a_revived_trigger_goes_before_what_stands_behind_it,
                what_was_on_its_way_steps_back_behind_a_revived_one,
                what_was_lost_on_its_way_steps_back_behind_a_revived_one,
                a_revived_delivery_waits_behind_an_earlier_one,
                no_history_of_failures_sends_a_resolve_before_its_trigger,
            }
            parking {
                a_parked_destination_leases_nothing_until_its_time,
                what_waits_in_the_park_is_kept_and_says_when_it_goes,
                what_is_owed_during_the_park_waits_too,
                another_destination_is_not_parked,
                out_of_the_park_one_goes_ahead_and_nobody_beside_it,
                a_probe_that_gets_through_lets_the_rest_follow,
                a_probe_that_is_turned_away_parks_again,
                a_probe_with_other_trouble_lets_the_next_one_probe,
                a_probe_whose_holder_went_away_makes_room_when_its_lease_ends,
                what_was_on_its_way_does_not_end_the_park,
                an_acceptance_ends_the_park_at_once,
                a_retry_by_hand_ends_the_park,
            }
            revival {
                an_unknown_delivery_is_unknown,
                a_dead_delivery_is_due_now_on_a_new_schedule,
                a_refused_delivery_can_be_tried_again,
                a_delivery_that_waits_for_its_next_attempt_is_due_now,
                a_delivered_delivery_is_not_sent_again,
                a_delivery_on_its_way_is_left_alone,
                a_delivery_behind_another_is_in_turn,
                a_page_for_what_is_over_is_not_revived,
                a_cancelled_page_for_what_is_over_is_not_revived,
                an_update_of_what_is_over_is_not_revived,
                a_dead_resolve_of_what_is_over_is_revived,
                a_resolve_of_what_came_back_is_not_revived,
                a_payment_can_be_revived_at_any_time,
                a_late_answer_of_the_old_schedule_changes_nothing,
            }
            deliveries {
                an_empty_store_lists_no_deliveries,
                the_newest_delivery_comes_first,
                a_page_of_deliveries_ends_where_the_next_begins,
                each_combination_of_filters_selects_its_own,
                a_walk_of_deliveries_sees_each_once_while_others_arrive,
                the_mock_and_the_real_one_are_listed_under_one_name,
                a_delivery_is_listed_with_all_its_facts,
            }
            durability {
                a_reopened_store_has_everything,
                a_repetition_after_reopening_is_a_duplicate,
                a_lost_lease_ends_after_reopening,
                a_park_outlives_reopening,
                a_first_absence_outlives_reopening,
                a_closed_store_refuses_everything,
                what_was_answered_before_closing_is_there,
                an_open_store_answers_a_ping,
            }
        }
    };
    (@run $backend:expr; $($role:ident { $($name:ident,)+ })+) => {
        $(mod $role {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let backend = $backend;
                $crate::conformance::$role::$name(&backend).await;
            })+
        })+
    };
}

#[cfg(test)]
mod tests {
    /// A test that the macro does not name would never run, and nobody would miss it.
    #[test]
    fn every_test_of_every_role_is_run() {
        let named = include_str!("mod.rs");
        for role in [
            include_str!("accept.rs"),
            include_str!("lifecycle.rs"),
            include_str!("episodes.rs"),
            include_str!("absence.rs"),
            include_str!("pages.rs"),
            include_str!("lists.rs"),
            include_str!("oracle.rs"),
            include_str!("search.rs"),
            include_str!("outbox.rs"),
            include_str!("lanes.rs"),
            include_str!("parking.rs"),
            include_str!("revival.rs"),
            include_str!("deliveries.rs"),
            include_str!("durability.rs"),
        ] {
            let tests = role
                .lines()
                .filter_map(|line| line.strip_prefix("pub async fn "));
            for test in tests.map(|line| line.split('(').next().unwrap()) {
                assert!(
                    named.contains(&format!(" {test},\n")),
                    "{test} is not named"
                );
            }
        }
    }
}

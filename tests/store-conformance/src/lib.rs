//! What every implementation of the store has in common. Each test is a function over a place where a state is kept; [`tests!`]
//! makes one test of each in the crate of an implementation.
//!
//! Tests open the state, write and read through the traits alone, and open it again where a restart matters.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests: what goes wrong here is a failed test"
)]

use std::sync::Arc;

use palisade_store::Store;

pub mod audit;
pub mod bundles;
pub mod collections;
pub mod connections;
mod given;
pub mod holdings;
pub mod idempotency;
pub mod leases;
pub mod people;
pub mod queue;
pub mod run_lists;
pub mod runs;
pub mod search;
pub mod secrets;
pub mod versions;

/// Where a state is kept. Empty at first; removed when it is dropped.
pub trait Place {
    /// The state, also a second time.
    fn open(&self) -> Arc<dyn Store>;
}

/// Makes a test of each function, with a place of its own: `tests!(make_place);`.
#[macro_export]
macro_rules! tests {
    ($place:ident) => {
        $crate::each! {
            $place,
            audit {
                audit_entries_are_found_by_time_person_kind_and_address,
            }
            bundles {
                a_version_that_workflows_use_stays_and_the_newest_of_the_others_is_current,
                the_number_of_something_that_was_removed_is_never_that_of_something_else,
            }
            collections {
                an_uploaded_file_comes_back_byte_for_byte_and_replaces_the_ones_before,
            }
            connections {
                of_two_edits_of_one_version_the_later_is_refused_and_a_name_is_unique,
                a_result_of_a_test_belongs_to_the_version_that_was_tested,
                a_connection_in_use_is_not_deleted_and_a_deleted_one_is_not_referred_to,
                a_change_of_a_connection_is_a_change_of_the_defaults_that_show_it,
            }
            holdings {
                the_latest_word_about_a_list_counts_for_each_tenant_and_type,
                only_the_last_activation_writes_and_the_word_goes_with_its_run,
            }
            idempotency {
                a_key_gives_one_answer_and_belongs_to_one_request,
            }
            leases {
                one_run_at_a_time_has_a_list_and_those_that_wait_are_due_when_it_is_free,
                a_lease_ends_with_the_activation_that_has_it,
            }
            people {
                what_opens_a_door_ends_with_its_user,
                a_link_works_once_and_before_its_end,
                a_setting_is_the_last_value_that_was_remembered,
            }
            queue {
                each_task_is_handed_to_one_of_several_claimers,
                tenants_take_turns_in_the_order_of_their_runs,
                a_lane_hands_out_its_earliest_run_alone_and_what_was_cancelled_at_once,
                an_outdated_activation_writes_nothing,
                a_second_verdict_for_an_object_is_neither_written_nor_counted,
                what_was_committed_is_there_after_a_restart,
            }
            run_lists {
                runs_and_verdicts_of_a_day_are_counted_exactly_however_many_there_are,
                runs_are_found_by_workflow_requester_number_and_time,
                lists_are_not_sorted_by_bytes_and_their_pages_agree_with_the_order,
                objects_of_a_run_are_found_by_place_and_counted_by_type,
                how_a_workflow_fares_is_said_by_its_last_run_that_is_over_and_was_no_trial,
            }
            runs {
                a_tick_makes_one_run,
                what_a_run_remembers_and_what_pruning_takes_with_it,
                a_search_takes_its_text_literally,
            }
            search {
                a_value_is_found_in_every_spelling_and_by_its_beginning,
                the_values_of_one_key_are_told_apart_by_type,
                a_search_counts_no_further_than_its_limit_and_pages_to_it,
                the_objects_of_uploaded_files_are_found_until_they_are_replaced,
                names_are_found_by_any_part_and_a_run_by_its_number,
                the_neighbours_of_an_object_are_those_of_the_list_in_every_order_and_filter,
                the_runs_before_and_after_are_those_of_the_same_workflow_and_value,
                a_run_that_is_taken_back_says_so_in_its_timeline,
            }
            secrets {
                a_secret_stays_as_long_as_something_names_it_and_goes_when_nothing_does,
                secrets_are_sealed_again_all_or_none,
            }
            versions {
                of_two_writers_of_one_version_one_is_refused,
                a_workflow_and_the_defaults_of_an_action_have_versions,
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! each {
    ($place:ident, $($aggregate:ident { $($test:ident,)+ })+) => {
        $(mod $aggregate {
            $(#[test]
            fn $test() {
                $crate::$aggregate::$test(&super::$place());
            })+
        })+
    };
}

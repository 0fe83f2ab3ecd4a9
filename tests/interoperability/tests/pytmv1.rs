//! Trend's own Python client `pytmv1`, unmodified, on the simulator over TLS. Each test runs the scenario of its name in
//! `pytmv1/scenarios.py`, on a simulator of its own.

use palisade_interoperability::run;

macro_rules! scenarios {
    ($($name:ident)+) => {
        $(#[test] fn $name() { run("pytmv1", stringify!($name)); })+

        /// All of them, to be compared with those that the script has.
        const SCENARIOS: &[&str] = &[$(stringify!($name)),+];
    };
}

scenarios! {
    the_connection_is_checked
    objects_of_every_type_are_added_listed_and_removed
    exceptions_of_every_type_are_added_listed_and_removed
    a_field_that_is_left_out_takes_the_tenants_setting
    adding_again_updates
    one_bad_object_among_good_ones_fails_alone
    objects_that_the_service_fails_to_store_are_named_by_their_place
    removing_what_is_not_there_is_said_object_by_object
    a_key_that_is_not_known_is_refused
    a_key_without_the_role_may_read_and_not_write
    too_many_requests_are_refused_until_the_window_ends
    every_page_of_a_list_is_consumed
    a_page_token_that_has_expired_ends_the_listing
    a_request_with_too_many_objects_is_refused_as_a_whole
    errors_of_the_gateway_are_understood
}

#[test]
fn no_scenario_of_the_script_is_left_out() {
    let helpers = ["entries", "suspicious", "plain", "statuses", "errors", "main"];
    let script = include_str!("../pytmv1/scenarios.py");
    let functions: Vec<&str> = script
        .lines()
        .filter_map(|line| line.strip_prefix("def ")?.split('(').next())
        .filter(|name| !helpers.contains(name))
        .collect();
    assert_eq!(functions, SCENARIOS);
}

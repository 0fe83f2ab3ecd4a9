use super::*;

#[test]
fn filters_have_all_ids_and_keep_the_length_that_the_service_takes() {
    let ids: BTreeSet<_> =
        (0..1_000).map(|id| TaskId::read(&format!("RM-20231124-{id:05}")).unwrap()).collect();
    let filters = filters(&ids);
    assert!(filters.iter().all(|(filter, _)| filter.len() <= limits::TASK_FILTER_BYTES));
    assert_eq!(filters.iter().map(|(_, count)| count).sum::<usize>(), 1_000);
    assert_eq!(filters.iter().map(|(filter, _)| filter.matches("id eq").count()).sum::<usize>(), 1_000);
}

#[test]
fn a_query_has_no_character_that_servers_read_differently() {
    assert_eq!(encoded("id eq '1' or x"), "id%20eq%20%271%27%20or%20x");
}

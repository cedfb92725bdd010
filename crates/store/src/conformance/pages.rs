//! Looks at status pages: what is remembered of each page, and that a look counts as a whole.

use signalbox_core::event::Severity;
use signalbox_core::lifecycle::Sighting;

use super::Backend;
use super::samples::{FEED, at, component, healthy, incident, look, seen};
use super::steps::{observe, walk};
use crate::{EventFilter, PageRecord, Tally};

/// So many incidents, all of them open.
fn incidents(n: u32) -> Vec<Sighting> {
    (0..n)
        .map(|number| seen(incident(&format!("n{number}"), Severity::Critical, 1)))
        .collect()
}

pub async fn an_unknown_page_is_absent(backend: &impl Backend) {
    let store = backend.fresh().await;
    assert_eq!(store.page(FEED).await, Ok(None));
}

pub async fn the_last_valid_answer_is_remembered_whole(backend: &impl Backend) {
    let store = backend.fresh().await;
    let first = look(Vec::new());
    store.observe(first.clone(), at(1)).await.unwrap();
    assert_eq!(store.page(FEED).await, Ok(Some(first.page)));

    let bare = PageRecord {
        source: FEED.to_owned(),
        url: "https://elsewhere.example.com/summary.json?x=\"1\"".to_owned(),
        page_id: None,
        page_updated_at: None,
        n_items: u32::MAX,
        n_components: 0,
        proves_absence: false,
        etag: None,
        last_modified: Some("Mon, 15 Jan 2024 10:40:00 GMT".to_owned()),
    };
    let mut second = look(Vec::new());
    second.page = bare.clone();
    store.observe(second, at(2)).await.unwrap();
    assert_eq!(store.page(FEED).await, Ok(Some(bare)));
}

pub async fn an_unchanged_answer_leaves_the_record_as_it_was(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, Vec::new(), 1).await;
    let before = store.page(FEED).await.unwrap();
    store
        .observe_unchanged(FEED, "poll-2", at(2))
        .await
        .unwrap();
    assert_eq!(store.page(FEED).await.unwrap(), before);
}

pub async fn each_page_has_its_own_record(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, Vec::new(), 1).await;
    let mut other = look(Vec::new());
    "braze_status".clone_into(&mut other.page.source);
    other.page.page_id = Some("other".to_owned());
    store.observe(other.clone(), at(2)).await.unwrap();
    assert_eq!(store.page(FEED).await, Ok(Some(look(Vec::new()).page)));
    assert_eq!(store.page("braze_status").await, Ok(Some(other.page)));
}

pub async fn a_look_is_tallied(backend: &impl Backend) {
    let store = backend.fresh().await;
    let sightings = vec![
        seen(incident("i1", Severity::Critical, 1)),
        seen(incident("i2", Severity::Warning, 1)),
        seen(component("api", Severity::Critical, 1)),
        healthy("web", Some(1)),
    ];
    let first = observe(&*store, sightings.clone(), 1).await;
    assert_eq!(
        first,
        Tally {
            stored: 3,
            routed: 2,
            changed: 0,
            owed: true
        }
    );
    assert_eq!(
        observe(&*store, sightings, 60).await,
        Tally::default(),
        "nothing new"
    );
    let second = vec![
        seen(incident("i1", Severity::Critical, 1)),
        seen(incident("i2", Severity::Critical, 70)),
        healthy("api", Some(70)),
    ];
    let moved = observe(&*store, second, 71).await;
    assert_eq!(
        moved,
        Tally {
            stored: 0,
            routed: 1,
            changed: 2,
            owed: true
        }
    );
}

/// A deescalation of what nobody was paged for owes nothing, and wakes no worker.
pub async fn a_change_that_owes_nothing_says_so(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, vec![seen(incident("i1", Severity::Warning, 1))], 1).await;
    let down = observe(&*store, vec![seen(incident("i1", Severity::Info, 5))], 6).await;
    assert_eq!(
        down,
        Tally {
            changed: 1,
            ..Tally::default()
        }
    );
}

pub async fn the_same_look_at_once_counts_once(backend: &impl Backend) {
    let store = backend.fresh().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let store = std::sync::Arc::clone(&store);
        tasks.spawn(async move { observe(&*store, incidents(5), 1).await });
    }
    let tallies = tasks.join_all().await;
    assert_eq!(tallies.iter().map(|tally| tally.stored).sum::<u32>(), 5);
    assert_eq!(tallies.iter().map(|tally| tally.routed).sum::<u32>(), 5);
}

pub async fn nobody_sees_half_a_look(backend: &impl Backend) {
    let store = backend.fresh().await;
    let observed = observe(&*store, incidents(200), 1);
    let watched = async {
        loop {
            let page = store
                .events(&EventFilter::default(), None, 500)
                .await
                .unwrap();
            let remembered = store.page(FEED).await.unwrap();
            match page.rows.len() {
                0 => {}
                200 => {
                    assert!(remembered.is_some(), "the page comes with its events");
                    return;
                }
                n => panic!("{n} of 200"),
            }
        }
    };
    let (tally, ()) = tokio::join!(observed, watched);
    assert_eq!(tally.stored, 200);
    assert_eq!(walk(&*store, &EventFilter::default(), 100).await.len(), 200);
}

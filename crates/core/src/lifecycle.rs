//! The life of an event: what a new observation changes, and what it makes us owe.
//!
//! The functions here are pure and are called by the store inside its transaction, with the state
//! it has just read: two observers that race get two turns, never one decision from stale state.
//!
//! | stored | observed | change | owed |
//! | --- | --- | --- | --- |
//! | nothing | open | `New` | a trigger per chosen destination |
//! | nothing | resolved | `New`, not routed | nothing |
//! | any | older than what is stored | `Outdated` | nothing |
//! | any | the same state | `Same` (counted) | nothing |
//! | open | open, other severity | `Escalated` or `Deescalated` | an update where a page is open, a trigger where none is and the rules now choose one |
//! | open | open, other words | `Revised` | nothing |
//! | open | resolved, or gone with evidence | `Resolved` | a resolve for each page that may have left; what has not left is cancelled |
//! | resolved | resolved, other words | `Revised` | nothing: a postmortem pages nobody |
//! | resolved | open again | `Reopened` | a trigger per chosen destination |
//!
//! Whatever the rules say by then, a page that was opened is resolved under its own key.

use jiff::Timestamp;

use crate::delivery::Action;
use crate::event::{Event, Kind};
use crate::json::RawJson;
use crate::rule::{Decision, Target};

/// One thing as a vendor showed it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// What it is about, stable over episodes: `<source>:<vendor id>`, or the event's own id.
    pub subject: String,
    /// The event that it would be if it were new. `resolved_at` set means that it is over.
    pub event: Event,
    /// The vendor's word for its state, such as `investigating`; empty for points in time.
    pub vendor_status: String,
    /// When the vendor last touched it, if it says so.
    pub vendor_updated_at: Option<Timestamp>,
    /// What the rules choose for it as it stands now.
    pub decision: Decision,
}

/// What a valid snapshot of a page says of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// It makes an event.
    Observed(Box<Observation>),
    /// It is well: an open episode of it is over.
    Healthy {
        /// `<source>:<component id>`.
        subject: String,
        /// The vendor's time of the record.
        at: Option<Timestamp>,
        /// The vendor's own record.
        raw: RawJson,
    },
    /// It is there and says nothing about health, such as a component under maintenance.
    Present {
        /// `<source>:<component id>`.
        subject: String,
    },
}

impl Sighting {
    /// Returns what the sighting is about.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Self::Observed(observation) => &observation.subject,
            Self::Healthy { subject, .. } | Self::Present { subject } => subject,
        }
    }
}

/// An event as it is stored, with what decides its next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The event.
    pub event: Event,
    /// The vendor's word for its state.
    pub vendor_status: String,
    /// When the vendor last touched it.
    pub vendor_updated_at: Option<Timestamp>,
    /// When a valid snapshot first came without it, if the latest one did.
    pub missing_at: Option<Timestamp>,
    /// The pages opened for it, one per destination.
    pub pages: Vec<Page>,
}

/// A page that was opened for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it went.
    pub target: Target,
    /// The deduplication key of its trigger; whatever follows carries it too.
    pub dedup_key: String,
    /// How far it has come.
    pub state: PageState,
}

/// How far a page has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageState {
    /// The trigger cannot have arrived: no attempt was begun, or each was turned away at the door.
    Waiting,
    /// An attempt may have arrived, so the page may be open.
    Open,
    /// A resolve followed the trigger, or the destination refused it for good.
    Closed,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not known before.
    New,
    /// It came again in the same state.
    Same,
    /// An older copy came after a newer one.
    Outdated,
    /// Its words changed.
    Revised,
    /// Its severity rose.
    Escalated,
    /// Its severity fell.
    Deescalated,
    /// It is over.
    Resolved,
    /// It is back.
    Reopened,
}

/// A delivery that is now owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// Where to.
    pub target: Target,
    /// What to do there.
    pub action: Action,
    /// The key under which the destination knows the page.
    pub dedup_key: String,
}

/// The outcome of one judgement, to be applied in the transaction that asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What changed.
    pub change: Change,
    /// Deliveries to add.
    pub owed: Vec<Owed>,
    /// Destinations whose waiting trigger is to be cancelled: closed before it was sent.
    pub cancelled: Vec<Target>,
}

impl Verdict {
    fn quiet(change: Change) -> Self {
        Self {
            change,
            owed: Vec::new(),
            cancelled: Vec::new(),
        }
    }

    /// Tells whether a page was newly asked for.
    #[must_use]
    pub fn triggers(&self) -> bool {
        self.owed.iter().any(|owed| owed.action == Action::Trigger)
    }
}

/// Judges a subject that is not stored yet.
#[must_use]
pub fn first(observation: &Observation) -> Verdict {
    let mut verdict = Verdict::quiet(Change::New);
    if observation.event.resolved_at.is_none() {
        verdict.owed = triggers(&observation.decision, &observation.event, &[]);
    }
    verdict
}

/// Judges a subject that is stored.
#[must_use]
pub fn again(stored: &Stored, seen: &Observation) -> Verdict {
    // A payment is a point in time: whatever we think of its type by now, nobody is paged for
    // what Stripe merely sends again.
    if stored.event.kind == Kind::Payment {
        return Verdict::quiet(Change::Same);
    }
    if is_older(seen.vendor_updated_at, stored) {
        return Verdict::quiet(Change::Outdated);
    }
    let was_over = stored.event.resolved_at.is_some();
    let is_over = seen.event.resolved_at.is_some();
    match (was_over, is_over) {
        (false, true) => resolve(stored),
        (true, false) => Verdict {
            owed: triggers(&seen.decision, &stored.event, &stored.pages),
            ..Verdict::quiet(Change::Reopened)
        },
        (false, false) if seen.event.severity != stored.event.severity => rerate(stored, seen),
        _ if same_words(stored, seen) => Verdict::quiet(Change::Same),
        _ => Verdict::quiet(Change::Revised),
    }
}

/// An older copy than the one that was stored: caches serve those after newer ones.
fn is_older(vendor_updated_at: Option<Timestamp>, stored: &Stored) -> bool {
    vendor_updated_at.is_some_and(|at| Some(at) < stored.vendor_updated_at)
}

/// Judges a stored subject whose end is evident without a record of its own.
#[must_use]
pub fn resolve(stored: &Stored) -> Verdict {
    let mut verdict = Verdict::quiet(Change::Resolved);
    for page in &stored.pages {
        match page.state {
            PageState::Waiting => verdict.cancelled.push(page.target.clone()),
            PageState::Open => verdict.owed.push(owe(page, Action::Resolve)),
            PageState::Closed => {}
        }
    }
    verdict
}

/// What a valid snapshot without an open subject means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The first one in a row: remember it, change nothing.
    Noted,
    /// The second one, fetched later: evidence of recovery, which began at the first.
    Recovered {
        /// When the first snapshot without it was seen.
        since: Timestamp,
    },
}

/// Judges absence. One snapshot may be an edge that lags or an editor's slip; two in a row, seen
/// at different times, are evidence.
#[must_use]
pub fn absent(stored: &Stored, now: Timestamp) -> Absence {
    match stored.missing_at {
        Some(since) if since < now => Absence::Recovered { since },
        _ => Absence::Noted,
    }
}

fn rerate(stored: &Stored, seen: &Observation) -> Verdict {
    let risen = seen.event.severity > stored.event.severity;
    let change = if risen {
        Change::Escalated
    } else {
        Change::Deescalated
    };
    let mut owed: Vec<Owed> = stored
        .pages
        .iter()
        .filter(|page| page.state == PageState::Open)
        .map(|page| owe(page, Action::Update))
        .collect();
    if risen {
        owed.extend(triggers(&seen.decision, &stored.event, &stored.pages));
    }
    Verdict {
        owed,
        ..Verdict::quiet(change)
    }
}

/// Triggers for the chosen destinations that have no page open or on its way.
fn triggers(decision: &Decision, event: &Event, pages: &[Page]) -> Vec<Owed> {
    let busy = |target: &Target| {
        pages
            .iter()
            .any(|page| page.target == *target && page.state != PageState::Closed)
    };
    decision
        .targets
        .iter()
        .filter(|target| !busy(target))
        .map(|target| Owed {
            target: target.clone(),
            action: Action::Trigger,
            dedup_key: event.event_id.as_str().to_owned(),
        })
        .collect()
}

fn owe(page: &Page, action: Action) -> Owed {
    Owed {
        target: page.target.clone(),
        action,
        dedup_key: page.dedup_key.clone(),
    }
}

/// Compares what people read. `raw` is left out: some pages touch every record at each edit.
fn same_words(stored: &Stored, seen: &Observation) -> bool {
    let (old, new) = (&stored.event, &seen.event);
    stored.vendor_status == seen.vendor_status
        && old.severity == new.severity
        && old.summary == new.summary
        && old.description == new.description
        && old.resolved_at == new.resolved_at
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::event::{EventId, Origin, Severity};
    use crate::rule::Rules;

    /// An open incident for tests of the neighbouring modules, too.
    pub(crate) fn event(id: &str, severity: Severity) -> Event {
        Event {
            event_id: EventId::new(id).unwrap(),
            source: "spreedly_status".into(),
            kind: Kind::Incident,
            severity,
            service: "spreedly".into(),
            summary: "Latency".into(),
            description: None,
            started_at: at(100),
            resolved_at: None,
            component: None,
            origin: Origin::Live,
            livemode: None,
            raw: RawJson::from_checked("{}"),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seen(severity: Severity) -> Observation {
        let event = event("spreedly_status:i1", severity);
        Observation {
            subject: event.event_id.to_string(),
            decision: Rules::default().decide(&event),
            event,
            vendor_status: "investigating".into(),
            vendor_updated_at: Some(at(200)),
        }
    }

    fn resolved(severity: Severity) -> Observation {
        let mut observation = seen(severity);
        observation.event.resolved_at = Some(at(300));
        observation.vendor_updated_at = Some(at(300));
        observation
    }

    fn stored(observation: &Observation, page: Option<PageState>) -> Stored {
        let page = page.map(|state| Page {
            target: Target {
                destination: "pagerduty".into(),
                mock: true,
            },
            dedup_key: "spreedly_status:i1".into(),
            state,
        });
        Stored {
            event: observation.event.clone(),
            vendor_status: observation.vendor_status.clone(),
            vendor_updated_at: observation.vendor_updated_at,
            missing_at: None,
            pages: page.into_iter().collect(),
        }
    }

    fn actions(verdict: &Verdict) -> Vec<Action> {
        verdict.owed.iter().map(|owed| owed.action).collect()
    }

    #[test]
    fn the_first_sight_triggers_what_the_rules_choose() {
        assert_eq!(
            actions(&first(&seen(Severity::Critical))),
            [Action::Trigger]
        );
        assert!(first(&seen(Severity::Warning)).owed.is_empty());
        assert!(first(&resolved(Severity::Critical)).owed.is_empty());
    }

    #[test]
    fn the_same_state_again_is_only_counted() {
        let critical = seen(Severity::Critical);
        let verdict = again(&stored(&critical, Some(PageState::Open)), &critical);
        assert_eq!(verdict, Verdict::quiet(Change::Same));
    }

    #[test]
    fn an_older_copy_changes_nothing() {
        let new = stored(&resolved(Severity::Critical), Some(PageState::Closed));
        assert_eq!(
            again(&new, &seen(Severity::Critical)).change,
            Change::Outdated
        );
    }

    #[test]
    fn a_payment_sent_again_owes_nothing_whatever_it_is_rated_by_now() {
        let mut warning = seen(Severity::Warning);
        warning.event.kind = Kind::Payment;
        let mut critical = seen(Severity::Critical);
        critical.event.kind = Kind::Payment;
        assert_eq!(
            again(&stored(&warning, None), &critical),
            Verdict::quiet(Change::Same)
        );
    }

    #[test]
    fn a_threshold_newly_crossed_triggers_once() {
        let minor = stored(&seen(Severity::Warning), None);
        let verdict = again(&minor, &seen(Severity::Critical));
        assert_eq!(verdict.change, Change::Escalated);
        assert_eq!(actions(&verdict), [Action::Trigger]);
    }

    #[test]
    fn down_and_up_again_is_no_second_page() {
        let down = again(
            &stored(&seen(Severity::Critical), Some(PageState::Open)),
            &seen(Severity::Warning),
        );
        assert_eq!(
            (down.change, actions(&down)),
            (Change::Deescalated, vec![Action::Update])
        );
        let lowered = stored(&seen(Severity::Warning), Some(PageState::Open));
        let up = again(&lowered, &seen(Severity::Critical));
        assert_eq!(
            (up.change, actions(&up)),
            (Change::Escalated, vec![Action::Update])
        );
        let waiting = stored(&seen(Severity::Warning), Some(PageState::Waiting));
        assert!(again(&waiting, &seen(Severity::Critical)).owed.is_empty());
    }

    #[test]
    fn recovery_resolves_what_left_and_cancels_what_did_not() {
        let over = resolved(Severity::Critical);
        let open = stored(&seen(Severity::Critical), Some(PageState::Open));
        assert_eq!(actions(&again(&open, &over)), [Action::Resolve]);
        let waiting = stored(&seen(Severity::Critical), Some(PageState::Waiting));
        let verdict = again(&waiting, &over);
        assert!(verdict.owed.is_empty() && verdict.cancelled.len() == 1);
    }

    #[test]
    fn recovery_resolves_a_page_that_the_rules_would_not_open_any_more() {
        let lowered = stored(&seen(Severity::Info), Some(PageState::Open));
        assert_eq!(
            actions(&again(&lowered, &resolved(Severity::Info))),
            [Action::Resolve]
        );
    }

    #[test]
    fn a_postmortem_pages_nobody_and_reopens_nothing() {
        let mut postmortem = resolved(Severity::Critical);
        postmortem.event.description = Some("what we learned".into());
        let over = stored(&resolved(Severity::Critical), Some(PageState::Closed));
        assert_eq!(again(&over, &postmortem), Verdict::quiet(Change::Revised));
    }

    #[test]
    fn what_comes_back_is_paged_again_under_the_same_key() {
        let over = stored(&resolved(Severity::Critical), Some(PageState::Closed));
        let mut back = seen(Severity::Critical);
        back.vendor_updated_at = Some(at(400));
        let verdict = again(&over, &back);
        assert_eq!(
            (verdict.change, actions(&verdict)),
            (Change::Reopened, vec![Action::Trigger])
        );
        assert_eq!(verdict.owed[0].dedup_key, "spreedly_status:i1");
    }

    #[test]
    fn absence_counts_the_second_time_only() {
        let mut open = stored(&seen(Severity::Critical), Some(PageState::Open));
        assert_eq!(absent(&open, at(500)), Absence::Noted);
        open.missing_at = Some(at(500));
        assert_eq!(
            absent(&open, at(500)),
            Absence::Noted,
            "the same look is not a second one"
        );
        assert_eq!(
            absent(&open, at(501)),
            Absence::Recovered { since: at(500) }
        );
    }
}

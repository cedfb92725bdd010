//! What the lifecycle promises, over lives that nobody would think of.
//!
//! A small world applies the verdicts as a store would: the stored event with one page per
//! target, a lane of deliveries per target that are sent one after the other, and at the end of
//! each lane a pager that keeps its own list of alerts. A vendor shows one incident in any order
//! of states, forgets it, comes back with old copies; the rules change; the worker begins attempts,
//! loses answers, is refused. The promises are asserted at each step, from accounts that the world
//! keeps itself.

#[cfg(test)]
mod world {
    use std::collections::{BTreeMap, BTreeSet};

    use jiff::Timestamp;
    use proptest::prelude::*;
    use signalbox_core::delivery::Action;
    use signalbox_core::event::{Event, EventId, Kind, Origin, Severity};
    use signalbox_core::json::RawJson;
    use signalbox_core::lifecycle::{
        self, Absence, Change, Observation, Owed, Page, PageState, Stored, Verdict,
    };
    use signalbox_core::rule::{PAGER, Rules, Target};

    const EVENT_ID: &str = "vendor_status:i1";

    /// The real pager and the mock, as one configuration or the other chooses them.
    const PAGERS: [bool; 2] = [false, true];

    /// One thing that happens.
    #[derive(Debug, Clone)]
    enum Step {
        /// A look at the page shows the incident.
        Shown(Shown),
        /// A look does not show it. An invalid one is an error, a foreign document, an answer with
        /// complaints or a page whose time ran backwards. Two hubs may look at the same time.
        Missing { is_valid: bool, is_later: bool },
        /// The hub restarts with other rules.
        Configured {
            route_warning: bool,
            real_pager: bool,
        },
        /// The worker of one pager takes the next delivery and begins an attempt.
        Begun { real: bool },
        /// The attempt ends.
        Ended { real: bool, how: How },
    }

    #[derive(Debug, Clone)]
    struct Shown {
        severity: Severity,
        is_over: bool,
        /// How the vendor's time moved since it last showed the incident; absent: it tells none.
        moved_s: Option<i64>,
        words: u8,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum How {
        Accepted,
        /// The pager took it, the answer was lost: it will be sent again.
        AnswerLost,
        /// Nothing arrived: it will be sent again.
        NothingArrived,
        /// It was refused for good. Of a resolve this is no step: nothing can be promised then.
        Refused,
    }

    fn severity() -> impl Strategy<Value = Severity> {
        prop::sample::select(Severity::ALL)
    }

    fn page_state() -> impl Strategy<Value = PageState> {
        prop::sample::select(&[PageState::Waiting, PageState::Open, PageState::Closed][..])
    }

    fn shown() -> impl Strategy<Value = Step> {
        let moved = prop_oneof![1 => Just(None), 8 => (-2_i64..=3).prop_map(Some)];
        (severity(), prop::bool::weighted(0.3), moved, 0_u8..2).prop_map(
            |(severity, is_over, moved_s, words)| {
                Step::Shown(Shown {
                    severity,
                    is_over,
                    moved_s,
                    words,
                })
            },
        )
    }

    fn how() -> impl Strategy<Value = How> {
        prop_oneof![
            6 => Just(How::Accepted),
            1 => Just(How::AnswerLost),
            1 => Just(How::NothingArrived),
            1 => Just(How::Refused),
        ]
    }

    fn step() -> impl Strategy<Value = Step> {
        let missing = (prop::bool::weighted(0.8), prop::bool::weighted(0.8))
            .prop_map(|(is_valid, is_later)| Step::Missing { is_valid, is_later });
        let configured = (any::<bool>(), any::<bool>()).prop_map(|(route_warning, real_pager)| {
            Step::Configured {
                route_warning,
                real_pager,
            }
        });
        prop_oneof![
            6 => shown(),
            4 => missing,
            1 => configured,
            4 => any::<bool>().prop_map(|real| Step::Begun { real }),
            4 => (any::<bool>(), how()).prop_map(|(real, how)| Step::Ended { real, how }),
        ]
    }

    /// A delivery in its lane.
    #[derive(Debug, Clone)]
    struct Waiting {
        /// Counted over all lanes, from 1.
        number: u32,
        action: Action,
        dedup_key: String,
        /// An attempt is under way.
        in_flight: bool,
        /// An attempt ended without an answer, so the pager may have it.
        may_have_arrived: bool,
    }

    /// One pager, and what is on the way to it.
    #[derive(Debug, Default)]
    struct Lane {
        waiting: Vec<Waiting>,
        /// The latest trigger: the one that the page, if there is one, hangs on.
        trigger: u32,
        /// Keys of triggers that have left, delivered or not.
        triggered: BTreeSet<String>,
        /// Keys of the alerts that are open at the pager.
        alerts: BTreeSet<String>,
        /// A trigger was refused for good.
        has_refused: bool,
    }

    struct World {
        now_s: i64,
        vendor_s: i64,
        rules: Rules,
        stored: Option<Stored>,
        lanes: BTreeMap<bool, Lane>,
        n_deliveries: u32,
        /// When valid looks came without the incident, since one last showed it.
        looks_without: BTreeSet<i64>,
    }

    impl World {
        fn new() -> Self {
            Self {
                now_s: 10_000,
                vendor_s: 5_000,
                rules: Rules::default(),
                stored: None,
                lanes: PAGERS.iter().map(|real| (*real, Lane::default())).collect(),
                n_deliveries: 0,
                looks_without: BTreeSet::new(),
            }
        }

        fn run(&mut self, step: &Step) {
            match step {
                Step::Shown(shown) => self.show(shown),
                Step::Missing { is_valid, is_later } => self.miss(*is_valid, *is_later),
                Step::Configured {
                    route_warning,
                    real_pager,
                } => {
                    self.rules = Rules {
                        route_warning: *route_warning,
                        real_pager: *real_pager,
                        route_test_mode: false,
                    };
                }
                Step::Begun { real } => self.begin(*real),
                Step::Ended { real, how } => self.end(*real, *how),
            }
            self.check();
        }

        fn show(&mut self, shown: &Shown) {
            self.now_s += 1;
            self.looks_without.clear();
            let seen = self.observation(shown);
            match self.stored.take() {
                None => self.show_first(&seen),
                Some(stored) => self.show_again(stored, &seen),
            }
        }

        fn show_first(&mut self, seen: &Observation) {
            let verdict = lifecycle::first(seen);
            assert_eq!(verdict.change, Change::New);
            if seen.event.resolved_at.is_some() {
                assert!(
                    is_quiet(&verdict),
                    "it was over before anybody saw it: {verdict:?}"
                );
            }
            self.stored = Some(Stored {
                event: seen.event.clone(),
                vendor_status: seen.vendor_status.clone(),
                vendor_updated_at: seen.vendor_updated_at,
                missing_at: None,
                pages: Vec::new(),
            });
            self.apply(&verdict);
            self.check_coverage(&verdict, seen);
        }

        fn show_again(&mut self, stored: Stored, seen: &Observation) {
            let verdict = lifecycle::again(&stored, seen);
            check_change(&verdict, &stored, seen);
            let mut next = Stored {
                missing_at: None,
                ..stored
            };
            if verdict.change != Change::Outdated {
                next.vendor_updated_at = seen.vendor_updated_at.or(next.vendor_updated_at);
                next.vendor_status.clone_from(&seen.vendor_status);
                next.event = Event {
                    started_at: next.event.started_at,
                    ..seen.event.clone()
                };
            }
            self.stored = Some(next);
            self.apply(&verdict);
            self.check_coverage(&verdict, seen);
        }

        fn miss(&mut self, is_valid: bool, is_later: bool) {
            // A look at the time of the one that showed it is not after it.
            if is_later || self.looks_without.is_empty() {
                self.now_s += 1;
            }
            let open = |stored: &&mut Stored| stored.event.resolved_at.is_none();
            let Some(stored) = self.stored.as_mut().filter(open) else {
                return;
            };
            if !is_valid {
                return;
            }
            self.looks_without.insert(self.now_s);
            match lifecycle::absent(stored, at(self.now_s)) {
                Absence::Noted => {
                    assert_eq!(self.looks_without.len(), 1, "two looks are evidence");
                    stored.missing_at = stored.missing_at.or(Some(at(self.now_s)));
                }
                Absence::Recovered { since } => {
                    assert!(self.looks_without.len() >= 2, "one look is no evidence");
                    assert_eq!(Some(&since.as_second()), self.looks_without.first());
                    let verdict = lifecycle::resolve(stored);
                    assert_eq!(verdict.change, Change::Resolved);
                    stored.event.resolved_at = Some(since);
                    stored.missing_at = None;
                    self.apply(&verdict);
                }
            }
        }

        fn observation(&mut self, shown: &Shown) -> Observation {
            let vendor_updated_at = shown.moved_s.map(|moved_s| at(self.vendor_s + moved_s));
            if let Some(moved_s) = shown.moved_s {
                self.vendor_s = self.vendor_s.max(self.vendor_s + moved_s);
            }
            let event = Event {
                event_id: EventId::new(EVENT_ID).unwrap(),
                source: "vendor_status".into(),
                kind: Kind::Incident,
                severity: shown.severity,
                service: "vendor".into(),
                summary: "Latency".into(),
                description: Some(format!("update {}", shown.words)),
                started_at: at(1_000),
                resolved_at: shown.is_over.then(|| at(self.vendor_s)),
                component: None,
                origin: Origin::Live,
                livemode: None,
                raw: RawJson::from_checked("{}"),
            };
            Observation {
                subject: EVENT_ID.into(),
                decision: self.rules.decide(&event),
                event,
                vendor_status: if shown.is_over {
                    "resolved"
                } else {
                    "identified"
                }
                .into(),
                vendor_updated_at,
            }
        }

        /// Writes what was decided, as a store does in the same transaction.
        fn apply(&mut self, verdict: &Verdict) {
            let stored = self.stored.as_mut().unwrap();
            for target in &verdict.cancelled {
                let page = live_page(stored, target).expect("only a page can be cancelled");
                assert_eq!(
                    page.state,
                    PageState::Waiting,
                    "what has left cannot be cancelled"
                );
                page.state = PageState::Closed;
                let lane = self.lanes.get_mut(&!target.mock).unwrap();
                let waiting = lane.waiting.pop().expect("a waiting page has its trigger");
                assert_eq!(
                    (waiting.action, waiting.in_flight),
                    (Action::Trigger, false)
                );
            }
            for owed in &verdict.owed {
                assert_eq!(
                    owed.dedup_key, EVENT_ID,
                    "what follows carries the trigger's key"
                );
                owe(stored, owed);
                self.n_deliveries += 1;
                let lane = self.lanes.get_mut(&!owed.target.mock).unwrap();
                if owed.action == Action::Trigger {
                    lane.trigger = self.n_deliveries;
                }
                lane.waiting.push(Waiting {
                    number: self.n_deliveries,
                    action: owed.action,
                    dedup_key: owed.dedup_key.clone(),
                    in_flight: false,
                    may_have_arrived: false,
                });
            }
        }

        /// Whoever has just been found to be owed a page has one, or will.
        fn check_coverage(&mut self, verdict: &Verdict, seen: &Observation) {
            let asks = matches!(
                verdict.change,
                Change::New | Change::Escalated | Change::Reopened
            );
            assert!(
                asks || !verdict.triggers(),
                "{:?} pages anew",
                verdict.change
            );
            if !asks || seen.event.resolved_at.is_some() {
                return;
            }
            let stored = self.stored.as_mut().unwrap();
            for target in &seen.decision.targets {
                assert!(
                    live_page(stored, target).is_some(),
                    "nobody tells {target:?}"
                );
            }
        }

        fn begin(&mut self, real: bool) {
            let lane = self.lanes.get_mut(&real).unwrap();
            let Some(next) = lane.waiting.first_mut() else {
                return;
            };
            next.in_flight = true;
            if next.action == Action::Trigger {
                lane.triggered.insert(next.dedup_key.clone());
                let page = live_page(self.stored.as_mut().unwrap(), &target(real));
                if let Some(page) = page.filter(|_| next.number == lane.trigger) {
                    page.state = PageState::Open;
                }
            }
        }

        fn end(&mut self, real: bool, how: How) {
            let lane = self.lanes.get_mut(&real).unwrap();
            let Some(next) = lane.waiting.first_mut().filter(|next| next.in_flight) else {
                return;
            };
            next.in_flight = false;
            next.may_have_arrived |= matches!(how, How::AnswerLost | How::NothingArrived);
            let how = match (how, next.action) {
                (How::Refused, Action::Resolve) => How::Accepted,
                (how, _) => how,
            };
            let next = next.clone();
            if matches!(how, How::Accepted | How::AnswerLost) {
                lane.receive(&next);
            }
            if matches!(how, How::Accepted | How::Refused) {
                lane.waiting.remove(0);
            }
            if how == How::Refused && next.action == Action::Trigger {
                self.bury(real, &next);
            }
        }

        /// A trigger was refused for good. What would have told of changes would now open an alert
        /// of its own, so it goes too. The page is closed, unless its end was seen meanwhile or an
        /// earlier attempt may have opened it after all: then recovery must still resolve it.
        fn bury(&mut self, real: bool, trigger: &Waiting) {
            let lane = self.lanes.get_mut(&real).unwrap();
            lane.has_refused = true;
            let updates = lane
                .waiting
                .iter()
                .take_while(|next| next.action == Action::Update);
            let n_updates = updates.count();
            lane.waiting.drain(..n_updates);
            let is_over = trigger.number != lane.trigger;
            if is_over || trigger.may_have_arrived {
                return;
            }
            if let Some(page) = live_page(self.stored.as_mut().unwrap(), &target(real)) {
                page.state = PageState::Closed;
            }
        }

        fn check(&self) {
            for (real, lane) in &self.lanes {
                assert!(lane.alerts.len() <= 1, "two pages for one incident");
                let triggers = lane
                    .waiting
                    .iter()
                    .filter(|next| next.action == Action::Trigger);
                assert!(
                    triggers.count() <= 2,
                    "one page on its way and one to follow it at most"
                );
                let Some(stored) = &self.stored else { continue };
                let live = stored
                    .pages
                    .iter()
                    .filter(|page| page.state != PageState::Closed);
                let live: Vec<&Page> = live.filter(|page| page.target == target(*real)).collect();
                assert!(live.len() <= 1, "two pages for one target: {live:?}");
                if stored.event.resolved_at.is_some() {
                    assert!(live.is_empty(), "it is over and a page is open: {live:?}");
                }
            }
        }

        /// Everything that waits arrives.
        fn drain(&mut self) {
            for real in PAGERS {
                while !self.lanes[&real].waiting.is_empty() {
                    self.run(&Step::Begun { real });
                    self.run(&Step::Ended {
                        real,
                        how: How::Accepted,
                    });
                }
            }
        }

        /// The pagers show what the pages say.
        fn check_pagers(&mut self) {
            let Some(stored) = &mut self.stored else {
                return;
            };
            for (real, lane) in &self.lanes {
                let is_open = live_page(stored, &target(*real)).is_some();
                let alerts = lane.alerts.contains(EVENT_ID);
                assert!(
                    is_open || !alerts,
                    "an alert that nothing will close, real: {real}"
                );
                assert!(
                    alerts || !is_open || lane.has_refused,
                    "nobody told, real: {real}"
                );
            }
        }
    }

    impl Lane {
        /// What the pager does with a request. A key that is open takes triggers without waking
        /// anybody; that is what makes a lost answer harmless.
        fn receive(&mut self, next: &Waiting) {
            match next.action {
                Action::Trigger => {
                    self.alerts.insert(next.dedup_key.clone());
                }
                Action::Update => {
                    let is_known = !self.alerts.insert(next.dedup_key.clone());
                    assert!(is_known || self.has_refused, "an update wakes somebody");
                }
                Action::Resolve => {
                    assert!(
                        self.triggered.contains(&next.dedup_key),
                        "nothing was triggered"
                    );
                    self.alerts.remove(&next.dedup_key);
                }
            }
        }
    }

    /// Opens, keeps or closes the page that a delivery is about.
    fn owe(stored: &mut Stored, owed: &Owed) {
        let page = live_page(stored, &owed.target);
        match owed.action {
            Action::Trigger => {
                assert!(page.is_none(), "a second page: {page:?}");
                stored.pages.retain(|page| page.target != owed.target);
                stored.pages.push(Page {
                    target: owed.target.clone(),
                    dedup_key: owed.dedup_key.clone(),
                    state: PageState::Waiting,
                });
            }
            Action::Update | Action::Resolve => {
                let page = page.expect("only a page can be updated or resolved");
                assert_eq!(page.state, PageState::Open, "nothing has left yet");
                if owed.action == Action::Resolve {
                    page.state = PageState::Closed;
                }
            }
        }
    }

    fn live_page<'a>(stored: &'a mut Stored, target: &Target) -> Option<&'a mut Page> {
        let mut pages = stored.pages.iter_mut();
        pages.find(|page| page.target == *target && page.state != PageState::Closed)
    }

    fn target(real: bool) -> Target {
        Target {
            destination: PAGER.to_owned(),
            mock: !real,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn is_quiet(verdict: &Verdict) -> bool {
        verdict.owed.is_empty() && verdict.cancelled.is_empty()
    }

    fn check_change(verdict: &Verdict, stored: &Stored, seen: &Observation) {
        let is_outdated = match (seen.vendor_updated_at, stored.vendor_updated_at) {
            (Some(seen), Some(stored)) => seen < stored,
            _ => false,
        };
        assert_eq!(verdict.change == Change::Outdated, is_outdated);
        let (was, is) = (&stored.event, &seen.event);
        if !is_outdated {
            let ends = was.is_open() && !is.is_open();
            assert_eq!(
                verdict.change == Change::Resolved,
                ends,
                "evidence and end go together"
            );
            let returns = !was.is_open() && is.is_open();
            assert_eq!(verdict.change == Change::Reopened, returns);
            let goes_on = was.is_open() && is.is_open();
            let rises = goes_on && is.severity > was.severity;
            assert_eq!(verdict.change == Change::Escalated, rises);
            let falls = goes_on && is.severity < was.severity;
            assert_eq!(verdict.change == Change::Deescalated, falls);
        }
        let owes = !matches!(
            verdict.change,
            Change::Outdated | Change::Same | Change::Revised
        );
        assert!(
            owes || is_quiet(verdict),
            "{:?} owes {verdict:?}",
            verdict.change
        );
        let resolves = verdict
            .owed
            .iter()
            .any(|owed| owed.action == Action::Resolve);
        let closes = resolves || !verdict.cancelled.is_empty();
        assert!(
            !closes || verdict.change == Change::Resolved,
            "closed without an end"
        );
    }

    fn config() -> ProptestConfig {
        ProptestConfig {
            cases: 1_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn every_life_keeps_the_promises(steps in prop::collection::vec(step(), 0..60)) {
            let mut world = World::new();
            for step in &steps {
                world.run(step);
            }
            world.drain();
            world.check_pagers();
        }

        #[test]
        fn a_record_of_recovery_closes_every_page_whatever_came_before(
            steps in prop::collection::vec(step(), 0..60),
            severity in severity(),
        ) {
            let mut world = World::new();
            for step in &steps {
                world.run(step);
            }
            let over = Shown { severity, is_over: true, moved_s: Some(1), words: 0 };
            world.run(&Step::Shown(over));
            world.drain();
            prop_assert!(world.lanes.values().all(|lane| lane.alerts.is_empty()));
        }

        #[test]
        fn two_valid_looks_without_it_close_every_page_whatever_came_before(
            steps in prop::collection::vec(step(), 0..60),
        ) {
            let mut world = World::new();
            for step in &steps {
                world.run(step);
            }
            for _ in 0..2 {
                world.run(&Step::Missing { is_valid: true, is_later: true });
            }
            world.drain();
            prop_assert!(world.lanes.values().all(|lane| lane.alerts.is_empty()));
        }

        #[test]
        fn looks_that_prove_nothing_resolve_nothing(
            steps in prop::collection::vec(step(), 0..40),
            n_looks in 1_usize..10,
        ) {
            let mut world = World::new();
            for step in &steps {
                world.run(step);
            }
            let before = world.stored.clone();
            for _ in 0..n_looks {
                world.run(&Step::Missing { is_valid: false, is_later: true });
            }
            prop_assert_eq!(world.stored, before);
        }

        #[test]
        fn a_repeated_payment_owes_nothing(severity in severity(), state in page_state()) {
            let mut payment = World::new().observation(&Shown {
                severity,
                is_over: false,
                moved_s: None,
                words: 0,
            });
            payment.event.kind = Kind::Payment;
            let page = Page { target: target(false), dedup_key: EVENT_ID.into(), state };
            let stored = Stored {
                event: payment.event.clone(),
                vendor_status: payment.vendor_status.clone(),
                vendor_updated_at: None,
                missing_at: None,
                pages: vec![page],
            };
            let verdict = lifecycle::again(&stored, &payment);
            prop_assert_eq!(verdict.change, Change::Same);
            prop_assert!(is_quiet(&verdict));
        }

        #[test]
        fn the_same_look_any_number_of_times_owes_nothing_more(
            steps in prop::collection::vec(step(), 0..40),
            severity in severity(),
            is_over in any::<bool>(),
        ) {
            let mut world = World::new();
            for step in &steps {
                world.run(step);
            }
            world.run(&Step::Shown(Shown { severity, is_over, moved_s: Some(1), words: 0 }));
            let waiting = |world: &World| -> usize {
                world.lanes.values().map(|lane| lane.waiting.len()).sum()
            };
            let before = waiting(&world);
            for _ in 0..3 {
                world.run(&Step::Shown(Shown { severity, is_over, moved_s: Some(0), words: 0 }));
            }
            prop_assert_eq!(waiting(&world), before);
        }
    }
}

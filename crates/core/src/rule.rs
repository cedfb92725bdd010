//! Which destinations an event is owed to, and why.
//!
//! The built-in rules: `critical` always, `warning` when asked for, `info` never. Before them stand
//! two guards that no severity overrides: fixtures reach only the built-in mock, and a vendor's
//! test mode reaches a real destination only when asked for. The reason is written when the
//! decision is made and stored with the event, so that *why was nobody paged* is never guessed.

use serde::{Deserialize, Serialize};

use crate::event::{Event, Origin, Severity};

/// The destination of the built-in rules, mock or real.
pub const PAGER: &str = "pagerduty";

/// Where a delivery goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// The destination's name, as shown in `delivered_to`.
    pub destination: String,
    /// Whether it is the built-in mock under that name. Decided with the event and kept with the
    /// delivery: a restart with a real key must not send yesterday's fixtures to real people.
    pub mock: bool,
}

/// What was decided for an event, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The rule that decided, by name.
    pub rule: String,
    /// The reason in plain words.
    pub reason: String,
    /// The destinations chosen; empty means not routed.
    pub targets: Vec<Target>,
}

impl Decision {
    /// Tells whether a destination was chosen.
    #[must_use]
    pub fn is_routed(&self) -> bool {
        !self.targets.is_empty()
    }

    fn no(rule: &str, reason: &str) -> Self {
        Self {
            rule: rule.to_owned(),
            reason: reason.to_owned(),
            targets: Vec::new(),
        }
    }

    /// The decision for what was over before we first saw it.
    #[must_use]
    pub fn already_resolved() -> Self {
        Self::no(
            "already-resolved",
            "it was resolved before it was first seen; nobody is paged",
        )
    }
}

/// The built-in rules with their switches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// `ROUTE_WARNING`: warnings are routed too.
    pub route_warning: bool,
    /// `ROUTE_TEST_MODE`: test-mode events reach real destinations too.
    pub route_test_mode: bool,
    /// Whether the pager is a real destination; otherwise it is the built-in mock.
    pub real_pager: bool,
}

impl Rules {
    /// Decides for one event.
    #[must_use]
    pub fn decide(&self, event: &Event) -> Decision {
        let (rule, reason) = match event.severity {
            Severity::Info => {
                return Decision::no("info-never", "severity is info, which is never routed");
            }
            Severity::Warning if !self.route_warning => {
                let reason = "severity is warning, and ROUTE_WARNING is off";
                return Decision::no("warning-off", reason);
            }
            Severity::Warning => ("warning-on", "severity is warning, and ROUTE_WARNING is on"),
            Severity::Critical => ("critical-always", "severity is critical"),
        };
        let fixture = event.origin == Origin::Fixture;
        if self.real_pager && !fixture && event.livemode == Some(false) && !self.route_test_mode {
            let reason = "livemode is false, the destination is real, and ROUTE_TEST_MODE is off";
            return Decision::no("test-mode", reason);
        }
        let mock = fixture || !self.real_pager;
        Decision {
            rule: rule.to_owned(),
            reason: reason.to_owned(),
            targets: vec![Target {
                destination: PAGER.to_owned(),
                mock,
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::tests::event;

    fn decide(rules: &Rules, severity: Severity) -> Decision {
        rules.decide(&event("e", severity))
    }

    #[test]
    fn severity_decides() {
        let off = Rules::default();
        let on = Rules {
            route_warning: true,
            ..off.clone()
        };
        assert!(decide(&off, Severity::Critical).is_routed());
        assert!(!decide(&off, Severity::Warning).is_routed());
        assert!(decide(&on, Severity::Warning).is_routed());
        assert!(!decide(&on, Severity::Info).is_routed());
        assert!(
            decide(&off, Severity::Warning)
                .reason
                .contains("ROUTE_WARNING")
        );
    }

    #[test]
    fn test_mode_reaches_the_mock_but_no_real_destination() {
        let mut test = event("e", Severity::Critical);
        test.livemode = Some(false);
        let mock = Rules::default();
        let real = Rules {
            real_pager: true,
            ..mock.clone()
        };
        assert!(mock.decide(&test).targets[0].mock);
        assert_eq!(real.decide(&test).rule, "test-mode");
        let asked = Rules {
            route_test_mode: true,
            ..real
        };
        assert!(!asked.decide(&test).targets[0].mock);
    }

    #[test]
    fn fixtures_reach_only_the_mock() {
        let mut fixture = event("e", Severity::Critical);
        fixture.origin = Origin::Fixture;
        let real = Rules {
            real_pager: true,
            ..Rules::default()
        };
        assert!(real.decide(&fixture).targets[0].mock);
    }
}

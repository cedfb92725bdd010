//! How bad each type of Stripe event is.
//!
//! *Critical* is kept for what costs money for everybody until somebody acts: a payout that the
//! bank sent back. *Warning* is a failure of one payment, one dispute with a deadline, one
//! capability that may be switched off. Everything else, and every type that is not listed, is
//! *info*: stored, never routed. Types are those of <https://docs.stripe.com/api/events/types>.

use crate::event::Severity;

/// The listed types that are not `info`, with why.
pub const TABLE: &[(&str, Severity, &str)] = &[
    (
        "account.application.deauthorized",
        Severity::Warning,
        "a connected account cut the link",
    ),
    (
        "billing.meter.error_report_triggered",
        Severity::Warning,
        "usage is not being billed",
    ),
    (
        "billing.meter.no_meter_found",
        Severity::Warning,
        "usage is not being billed",
    ),
    (
        "capability.updated",
        Severity::Warning,
        "an ability to take payments may be lost",
    ),
    (
        "charge.dispute.created",
        Severity::Warning,
        "evidence is due by a deadline",
    ),
    (
        "charge.dispute.funds_withdrawn",
        Severity::Warning,
        "the disputed amount was taken",
    ),
    ("charge.failed", Severity::Warning, "one payment failed"),
    (
        "checkout.session.async_payment_failed",
        Severity::Warning,
        "one payment failed",
    ),
    (
        "financial_connections.account.deactivated",
        Severity::Warning,
        "a bank link was lost",
    ),
    (
        "invoice.finalization_failed",
        Severity::Warning,
        "an invoice cannot be collected",
    ),
    (
        "invoice.payment_failed",
        Severity::Warning,
        "one payment failed",
    ),
    (
        "issuing_dispute.funds_rescinded",
        Severity::Warning,
        "disputed money was taken back",
    ),
    (
        "payment_intent.payment_failed",
        Severity::Warning,
        "one payment failed",
    ),
    (
        "payout.canceled",
        Severity::Warning,
        "a payout will not arrive",
    ),
    (
        "payout.failed",
        Severity::Critical,
        "money does not reach the bank account",
    ),
    (
        "radar.early_fraud_warning.created",
        Severity::Warning,
        "an issuer suspects fraud",
    ),
    (
        "refund.failed",
        Severity::Warning,
        "a customer does not get the money back",
    ),
    (
        "reporting.report_run.failed",
        Severity::Warning,
        "a report is missing",
    ),
    (
        "review.opened",
        Severity::Warning,
        "a payment waits for a fraud review",
    ),
    (
        "setup_intent.setup_failed",
        Severity::Warning,
        "a payment method cannot be charged",
    ),
    (
        "source.failed",
        Severity::Warning,
        "a payment method failed",
    ),
    (
        "terminal.reader.action_failed",
        Severity::Warning,
        "a card reader failed",
    ),
    (
        "topup.failed",
        Severity::Warning,
        "the balance was not topped up",
    ),
    (
        "transfer.reversed",
        Severity::Warning,
        "money was taken back from an account",
    ),
    (
        "treasury.inbound_transfer.failed",
        Severity::Warning,
        "a transfer failed",
    ),
    (
        "treasury.outbound_payment.failed",
        Severity::Warning,
        "a payment out failed",
    ),
    (
        "treasury.outbound_payment.returned",
        Severity::Warning,
        "a payment out came back",
    ),
    (
        "treasury.outbound_transfer.failed",
        Severity::Warning,
        "a transfer failed",
    ),
    (
        "treasury.outbound_transfer.returned",
        Severity::Warning,
        "a transfer came back",
    ),
];

/// Rates a type; `status` is that of its object, where the type alone does not tell.
///
/// Thin events name the types of the older generation with a `v1.` in front.
#[must_use]
pub fn of(event_type: &str, status: Option<&str>) -> Severity {
    let name = event_type.strip_prefix("v1.").unwrap_or(event_type);
    // A capability that became active is good news under the same type.
    if name == "capability.updated" && status == Some("active") {
        return Severity::Info;
    }
    TABLE
        .binary_search_by(|(listed, ..)| (*listed).cmp(name))
        .ok()
        .and_then(|at| TABLE.get(at))
        .map_or(Severity::Info, |(_, severity, _)| *severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_free_of_repetition() {
        assert!(TABLE.is_sorted_by(|(one, ..), (two, ..)| one < two));
    }

    #[test]
    fn the_specified_types_are_rated_as_specified() {
        assert_eq!(of("payout.failed", None), Severity::Critical);
        assert_eq!(of("v1.payout.failed", None), Severity::Critical);
        assert_eq!(of("payment_intent.payment_failed", None), Severity::Warning);
        assert_eq!(of("payout.paid", None), Severity::Info);
        assert_eq!(of("something.new_failed", None), Severity::Info);
    }

    #[test]
    fn a_capability_counts_by_its_status() {
        assert_eq!(of("capability.updated", Some("active")), Severity::Info);
        assert_eq!(
            of("capability.updated", Some("inactive")),
            Severity::Warning
        );
        assert_eq!(of("capability.updated", None), Severity::Warning);
    }
}

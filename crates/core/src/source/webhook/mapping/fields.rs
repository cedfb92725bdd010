//! From the values of an item's expressions to the fields of its event.

use std::sync::Arc;

use cel::Env;
use cel::common::types::CelNull;
use cel::common::value::CowVal;
use jiff::Timestamp;

use super::expression::{Expression, MappingError};
use super::read::{End, boolean, end, full_text, text, time, word};
use super::scope::{Fault, Scope};
use super::{Complaint, Expressions, Mapped, Mapping};
use crate::event::{DESCRIPTION_MAX, Event, EventId, Kind, Origin, SUMMARY_MAX, Severity, clip};
use crate::instant;
use crate::json::RawJson;

/// Longest vendor id, as for what is polled: our prefix must fit before it.
pub(super) const ID_MAX: usize = 128;
/// Longest word for a state, in characters.
const STATUS_MAX: usize = 64;

const NOTHING: &str = "yields nothing";

/// The parsed expressions, by field.
pub(super) struct Fields {
    skip: Option<Expression>,
    event_id: Option<Expression>,
    kind: Option<Expression>,
    severity: Option<Expression>,
    summary: Option<Expression>,
    description: Option<Expression>,
    started_at: Option<Expression>,
    resolved_at: Option<Expression>,
    updated_at: Option<Expression>,
    status: Option<Expression>,
    component: Option<Expression>,
    livemode: Option<Expression>,
}

impl Fields {
    pub(super) fn parse(written: &Expressions, errors: &mut Vec<MappingError>) -> Self {
        let mut parse = |field, source: Option<&String>| {
            Expression::parse(field, source?)
                .map_err(|error| errors.push(error))
                .ok()
        };
        Self {
            skip: parse("skip", written.skip.as_ref()),
            event_id: parse("event_id", Some(&written.event_id)),
            kind: parse("kind", written.kind.as_ref()),
            severity: parse("severity", written.severity.as_ref()),
            summary: parse("summary", written.summary.as_ref()),
            description: parse("description", written.description.as_ref()),
            started_at: parse("started_at", written.started_at.as_ref()),
            resolved_at: parse("resolved_at", written.resolved_at.as_ref()),
            updated_at: parse("updated_at", written.updated_at.as_ref()),
            status: parse("status", written.status.as_ref()),
            component: parse("component", written.component.as_ref()),
            livemode: parse("livemode", written.livemode.as_ref()),
        }
    }
}

struct Times {
    started: Timestamp,
    resolved: Option<Timestamp>,
    updated: Option<Timestamp>,
}

/// The reading of one item: evaluates, falls back, and keeps the complaints.
struct Reader<'a, 'v> {
    scope: &'a Scope<'v>,
    env: &'a Arc<Env>,
    index: usize,
    complaints: Vec<Complaint>,
}

impl Mapping {
    /// Reads one item; `None`: it is to be skipped.
    pub(super) fn item(
        &self,
        scope: &Scope<'_>,
        index: usize,
        raw: RawJson,
        now: Timestamp,
    ) -> Option<Result<Mapped, Complaint>> {
        let mut reader = Reader {
            scope,
            env: &self.env,
            index,
            complaints: Vec::new(),
        };
        let skip = reader.optional("skip", self.fields.skip.as_ref(), boolean);
        if skip == Some(true) {
            return None;
        }
        Some(self.mapped(reader, raw, now))
    }

    fn mapped(
        &self,
        mut reader: Reader<'_, '_>,
        raw: RawJson,
        now: Timestamp,
    ) -> Result<Mapped, Complaint> {
        let (fields, settings) = (&self.fields, &self.settings);
        let event_id = self.event_id(&reader)?;
        let kind = reader.expected("kind", fields.kind.as_ref(), word);
        let kind = kind.unwrap_or(settings.kind);
        let times = self.times(&mut reader, now);
        let summary = reader
            .expected("summary", fields.summary.as_ref(), full_text)
            .unwrap_or_else(|| event_id.to_string());
        let event = Event {
            source: settings.source.clone(),
            kind,
            severity: self.severity(&mut reader),
            service: settings.service.clone(),
            summary: clip(&summary, SUMMARY_MAX),
            description: reader.detail("description", fields.description.as_ref(), DESCRIPTION_MAX),
            started_at: times.started,
            // A payment is a point in time; it has no end.
            resolved_at: times.resolved.filter(|_| kind != Kind::Payment),
            component: reader.detail("component", fields.component.as_ref(), SUMMARY_MAX),
            origin: Origin::Live,
            livemode: reader.optional("livemode", fields.livemode.as_ref(), boolean),
            raw,
            event_id,
        };
        let status = reader.detail("status", fields.status.as_ref(), STATUS_MAX);
        Ok(Mapped {
            subject: event.event_id.to_string(),
            vendor_status: status.unwrap_or_default(),
            vendor_updated_at: times.updated,
            complaints: reader.complaints,
            event,
        })
    }

    fn times(&self, reader: &mut Reader<'_, '_>, now: Timestamp) -> Times {
        let fields = &self.fields;
        let updated_at = reader.optional("updated_at", fields.updated_at.as_ref(), time);
        let said_last = updated_at.unwrap_or_else(|| instant::to_millis(now));
        let started_at = reader
            .optional("started_at", fields.started_at.as_ref(), time)
            .unwrap_or(said_last);
        let ended = reader.optional("resolved_at", fields.resolved_at.as_ref(), end);
        let resolved_at = ended.flatten().map(|end| match end {
            End::At(at) => at.max(started_at),
            End::Somewhen => said_last.max(started_at),
        });
        Times {
            started: started_at,
            resolved: resolved_at,
            updated: updated_at,
        }
    }

    /// The one field without which there is no event.
    fn event_id(&self, reader: &Reader<'_, '_>) -> Result<EventId, Complaint> {
        const FIELD: &str = "event_id";
        const NO_ID: &str =
            "yields no identifier: 1 to 128 visible ASCII characters without / or :";
        let id = self
            .fields
            .event_id
            .as_ref()
            .ok_or(Fault::Absent)
            .and_then(|expression| reader.evaluate(expression, text));
        let id = match id {
            Ok(Some(id)) => id,
            Ok(None) | Err(Fault::Absent) => return Err(reader.complaint(FIELD, NOTHING)),
            Err(Fault::Failed(problem)) => return Err(reader.complaint(FIELD, problem)),
        };
        Some(id)
            .filter(|id| id.len() <= ID_MAX)
            .and_then(|id| EventId::from_vendor(&id))
            .and_then(|id| EventId::new(&format!("{}:{id}", self.settings.source)))
            .ok_or_else(|| reader.complaint(FIELD, NO_ID))
    }

    /// A word that we do not know is a warning, never critical by guess.
    fn severity(&self, reader: &mut Reader<'_, '_>) -> Severity {
        const FIELD: &str = "severity";
        let Some(expression) = &self.fields.severity else {
            return self.settings.severity;
        };
        let Some(word) = reader.expected(FIELD, Some(expression), full_text) else {
            return Severity::Warning;
        };
        let listed = self.settings.severities.get(word.as_str()).copied();
        listed.or_else(|| word.parse().ok()).unwrap_or_else(|| {
            reader.complain(
                FIELD,
                "yields a word that is neither listed nor one of ours",
            );
            Severity::Warning
        })
    }
}

impl Reader<'_, '_> {
    fn complaint(&self, field: &'static str, problem: &'static str) -> Complaint {
        Complaint {
            index: self.index,
            field,
            problem,
        }
    }

    fn complain(&mut self, field: &'static str, problem: &'static str) {
        let complaint = self.complaint(field, problem);
        self.complaints.push(complaint);
    }

    /// Evaluates; null is `None`.
    fn evaluate<T>(
        &self,
        expression: &Expression,
        read: impl Fn(&CowVal<'_, '_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.scope.evaluate(self.env, expression, |value| {
            if value.downcast_ref::<CelNull>().is_some() {
                return Ok(None);
            }
            read(value).map(Some)
        })
    }

    /// A field that may well be absent or null.
    fn optional<T>(
        &mut self,
        field: &'static str,
        expression: Option<&Expression>,
        read: impl Fn(&CowVal<'_, '_>) -> Result<T, Fault>,
    ) -> Option<T> {
        match self.evaluate(expression?, read) {
            Ok(value) => value,
            Err(Fault::Absent) => None,
            Err(Fault::Failed(problem)) => {
                self.complain(field, problem);
                None
            }
        }
    }

    /// A text that may be absent, null or empty, cut to a number of characters.
    fn detail(
        &mut self,
        field: &'static str,
        expression: Option<&Expression>,
        chars_max: usize,
    ) -> Option<String> {
        let text = self.optional(field, expression, text)?;
        (!text.is_empty()).then(|| clip(&text, chars_max))
    }

    /// A field that is there if the configuration asks for it.
    fn expected<T>(
        &mut self,
        field: &'static str,
        expression: Option<&Expression>,
        read: impl Fn(&CowVal<'_, '_>) -> Result<T, Fault>,
    ) -> Option<T> {
        match self.evaluate(expression?, read) {
            Ok(Some(value)) => return Some(value),
            Ok(None) | Err(Fault::Absent) => self.complain(field, NOTHING),
            Err(Fault::Failed(problem)) => self.complain(field, problem),
        }
        None
    }
}

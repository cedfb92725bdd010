//! The path from the body to the list of a batch: `body.events`, `body.a['b-c'][0]`.
//!
//! It is an expression of the simplest kind and is walked over the raw document instead of being
//! evaluated, so that each item keeps the very bytes that the vendor sent.

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};
use serde_json::value::RawValue;

use super::value::{elements, members};
use crate::json::{self, JsonError};

/// Most items of one batch. Vendors that send batches stop at 100 (Braze) or 1,000 (`SendGrid`).
pub const ITEMS_MAX: usize = 1_000;

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// To the member of an object.
    Key(String),
    /// To the element of an array.
    Index(usize),
}

impl Step {
    pub(super) fn is_key(&self, key: &str) -> bool {
        matches!(self, Self::Key(own) if own == key)
    }

    pub(super) fn is_index(&self, index: usize) -> bool {
        matches!(self, Self::Index(own) if *own == index)
    }
}

/// A path from the body, with its text for error messages.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) steps: Vec<Step>,
    written: String,
}

impl Path {
    /// Reads a path from a parsed expression; one that computes anything gives `None`.
    pub(super) fn from_expression(expression: &IdedExpr, written: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut at = expression;
        loop {
            match &at.expr {
                Expr::Ident(name) if name == "body" => break,
                Expr::Select(select) if !select.test => {
                    steps.push(Step::Key(select.field.clone()));
                    at = &select.operand;
                }
                Expr::Call(call) if call.func_name == operators::INDEX => {
                    let [list, index] = call.args.as_slice() else {
                        return None;
                    };
                    steps.push(index_step(&index.expr)?);
                    at = list;
                }
                _ => return None,
            }
        }
        steps.reverse();
        Some(Self {
            steps,
            written: written.to_owned(),
        })
    }

    /// Walks to the list and returns its items.
    pub(super) fn items<'a>(&self, body: &'a RawValue) -> Result<Vec<&'a RawValue>, JsonError> {
        let wrong = |expected| JsonError::field(&*self.written, expected);
        let mut at = body;
        for step in &self.steps {
            at = descend(at, step).ok_or_else(|| wrong("a list"))?;
        }
        let items = json::present(Some(at))
            .and_then(|raw| elements(raw).ok())
            .ok_or_else(|| wrong("a list"))?;
        if items.len() > ITEMS_MAX {
            return Err(wrong("at most 1000 items"));
        }
        Ok(items)
    }
}

fn index_step(index: &Expr) -> Option<Step> {
    match index {
        Expr::Literal(LiteralValue::String(key)) => Some(Step::Key(key.inner().to_owned())),
        Expr::Literal(LiteralValue::Int(index)) => {
            usize::try_from(*index.inner()).ok().map(Step::Index)
        }
        _ => None,
    }
}

fn descend<'a>(raw: &'a RawValue, step: &Step) -> Option<&'a RawValue> {
    match step {
        Step::Key(key) => {
            let mut found = members(raw).ok()?.into_iter();
            found.find(|(own, _)| own == key).map(|(_, member)| member)
        }
        Step::Index(index) => elements(raw).ok()?.get(*index).copied(),
    }
}

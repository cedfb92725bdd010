//! Evaluating expressions over one body, within a budget of work.
//!
//! Each mention of `body` or `item` costs as much as it shows, each turn of a loop a fixed amount,
//! and the whole request shares one budget. What an expression does to a value is linear in it, a
//! few dozen times at most, so the budget bounds the time: measured, 2 s for the worst body under
//! the worst expressions that could be thought of, 20 ms for a full batch of a thousand items.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cel::common::types::Kind;
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, Env, ExecutionError, FunctionContext, Value};

use super::expression::Expression;
use super::judge::LOOP;
use super::value::Borrowed;

/// What one request may cost, in bytes shown. A single document of 1 MiB may be mentioned 64 times,
/// the items of a batch of 1,000 about 40 times each.
const WORK_MAX: usize = 64 * 1024 * 1024;

/// What a mention costs beyond its size, and what a turn of a loop costs.
const WORK_PER_STEP: usize = 64;

/// What is wrong when the budget is spent.
pub(super) const TOO_MUCH: &str = "takes too much work";

/// Why an expression yields nothing that can be used. Never quotes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It names a member that is not there.
    Absent,
    /// Anything else.
    Failed(&'static str),
}

/// A signature of `cel` that it does not name itself.
type Function = Box<
    dyn for<'c, 'v> Fn(&mut FunctionContext<'c, 'v>) -> Result<CowVal<'c, 'v>, ExecutionError>
        + Send
        + Sync,
>;

/// The variables of one request, and what is left of its budget.
pub(super) struct Scope<'v> {
    body: Borrowed<'v>,
    body_size: usize,
    /// The item and its size; without one the body is the item.
    item: Option<(Borrowed<'v>, usize)>,
    work: Arc<Work>,
}

impl<'v> Scope<'v> {
    /// Opens a scope over a body that shows `body_size` bytes.
    pub(super) fn new(body: Borrowed<'v>, body_size: usize) -> Self {
        Self {
            body,
            body_size,
            item: None,
            work: Arc::new(Work(AtomicUsize::new(WORK_MAX))),
        }
    }

    /// Goes on to the next item.
    pub(super) fn set_item(&mut self, item: Borrowed<'v>, size: usize) {
        self.item = Some((item, size));
    }

    /// Evaluates an expression and hands the value to `read`.
    pub(super) fn evaluate<T>(
        &self,
        env: &Arc<Env>,
        expression: &Expression,
        read: impl FnOnce(&CowVal<'_, '_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut context = Context::with_env(Arc::clone(env));
        context.set_variable_resolver(self);
        let work = Arc::clone(&self.work);
        let ask: Function = Box::new(move |call| enter_loop(&work, call));
        context
            .add_function::<Function, _>(LOOP, ask)
            .map_err(|_| Fault::Failed("cannot be evaluated"))?;
        match Value::resolve_val(&expression.tree, &context) {
            Ok(value) => read(&value),
            Err(_) if self.work.is_spent() => Err(Fault::Failed(TOO_MUCH)),
            Err(error) => Err(fault(&error)),
        }
    }
}

impl VariableResolver for Scope<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let (value, size) = match (variable, &self.item) {
            ("item", Some((item, size))) => (item, *size),
            ("item" | "body", _) => (&self.body, self.body_size),
            _ => return None,
        };
        let granted = self.work.spend(size.saturating_add(WORK_PER_STEP));
        granted.then(|| CowVal::Borrowed(value.as_ref()))
    }
}

/// Lets a loop run over a list if the budget has a turn for each element. Maps are refused: their
/// keys come in no order, and the same body must always mean the same.
fn enter_loop<'c, 'v>(
    work: &Work,
    call: &mut FunctionContext<'c, 'v>,
) -> Result<CowVal<'c, 'v>, ExecutionError> {
    let refused = |why: &str| ExecutionError::function_error(LOOP, why);
    let range = call.args.pop().ok_or_else(|| refused("no range"))?;
    if range.get_type().kind() != Kind::List {
        return Err(ExecutionError::no_such_overload(LOOP, Vec::new()));
    }
    let n_turns = range.as_sizer().map_or(0, |sizer| *sizer.size().inner());
    let n_turns = usize::try_from(n_turns).unwrap_or(usize::MAX);
    if work.spend(n_turns.saturating_mul(WORK_PER_STEP)) {
        Ok(range)
    } else {
        Err(refused(TOO_MUCH))
    }
}

/// A budget. Atomic because `cel` wants its functions shareable; one thread uses it.
struct Work(AtomicUsize);

impl Work {
    /// Takes from the budget; asking for more than there is spends the rest.
    fn spend(&self, amount: usize) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(amount), Ordering::Relaxed);
        left > amount
    }

    fn is_spent(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

/// Says what went wrong without the values, which are the vendor's.
fn fault(error: &ExecutionError) -> Fault {
    Fault::Failed(match error {
        ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_) => return Fault::Absent,
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "divides by zero",
        ExecutionError::Overflow(..) => "overflows",
        ExecutionError::FunctionError { .. } => "gives a function what it cannot take",
        ExecutionError::NoSuchOverload(_)
        | ExecutionError::UnsupportedBinaryOperator(..)
        | ExecutionError::ValuesNotComparable(..)
        | ExecutionError::UnexpectedType { .. }
        | ExecutionError::UnsupportedIndex(..)
        | ExecutionError::UnsupportedKeyType(_) => "applies something to a value of the wrong type",
        _ => "cannot be evaluated",
    })
}

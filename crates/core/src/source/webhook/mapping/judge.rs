//! What an expression may do.
//!
//! It calls only what stands in [`FUNCTIONS`], builds no list or map but of constants, lies flat,
//! and its loops ask for leave before each run: the judge wraps their range into a call of
//! [`LOOP`]. `map` is not among them, because what it gathers could be of any size.

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, ListExpr, LiteralValue,
    operators,
};

use crate::event::clip;

/// Most characters of a name that a message quotes.
const NAME_MAX: usize = 100;

/// How deep the nodes of a parsed expression may lie: a bound on the stack that evaluating takes.
/// A sum of twenty terms has twenty, a comparison of two fields four.
const NODE_DEPTH_MAX: usize = 32;

/// The function that the judge wraps around the range of every loop. No source can spell it.
pub(super) const LOOP: &str = "@loop";

/// What may be called: the operators, conversions, and what only reads or shortens its argument.
const FUNCTIONS: &[&str] = &[
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::IN,
    operators::NOT_STRICTLY_FALSE,
    "bool",
    "contains",
    "double",
    "endsWith",
    "int",
    "lowerAscii",
    "size",
    "split",
    "startsWith",
    "string",
    "substring",
    "trim",
    "uint",
    "upperAscii",
];

/// Refuses what is not offered, and puts [`LOOP`] around the range of each loop.
pub(super) fn judge(tree: &mut IdedExpr) -> Result<(), Objection> {
    let mut judge = Judge {
        variables: Vec::new(),
    };
    judge.expression(tree, 1)
}

/// What an expression may not do, and at which node it does.
pub(super) struct Objection {
    pub(super) node: u64,
    pub(super) message: String,
}

impl Objection {
    fn new(node: u64, message: impl Into<String>) -> Self {
        Self {
            node,
            message: message.into(),
        }
    }
}

/// A walk over the nodes.
struct Judge {
    /// The variables of the loops around the current node.
    variables: Vec<String>,
}

impl Judge {
    fn expression(&mut self, at: &mut IdedExpr, depth: usize) -> Result<(), Objection> {
        if depth > NODE_DEPTH_MAX {
            let message = format!("is nested deeper than {NODE_DEPTH_MAX} levels");
            return Err(Objection::new(at.id, message));
        }
        let node = at.id;
        match &mut at.expr {
            Expr::Ident(name) => self.variable(node, name),
            Expr::Literal(literal) => judge_literal(node, literal),
            Expr::Select(select) => self.expression(&mut select.operand, depth + 1),
            Expr::Call(call) => self.call(node, call, depth),
            Expr::Comprehension(comprehension) => self.comprehension(node, comprehension, depth),
            Expr::List(list) => self.list(node, list, depth),
            Expr::Map(map) => map
                .entries
                .iter_mut()
                .try_for_each(|entry| self.map_entry(entry, depth)),
            Expr::Struct(_) => Err(Objection::new(node, "messages are not offered")),
            Expr::Unspecified => Err(Objection::new(node, "cannot be read")),
        }
    }

    fn each(&mut self, nodes: &mut [IdedExpr], depth: usize) -> Result<(), Objection> {
        nodes
            .iter_mut()
            .try_for_each(|node| self.expression(node, depth + 1))
    }

    fn list(&mut self, node: u64, list: &mut ListExpr, depth: usize) -> Result<(), Objection> {
        // `filter` appends the loop's own variable, one at a time.
        let is_own = |element: &IdedExpr| matches!(&element.expr, Expr::Ident(name) if self.variables.last() == Some(name));
        let single = list.elements.len() == 1 && list.elements.iter().all(is_own);
        if single || list.elements.iter().all(is_constant) {
            return self.each(&mut list.elements, depth);
        }
        Err(Objection::new(node, "a list may hold constants only"))
    }

    fn map_entry(&mut self, entry: &mut IdedEntryExpr, depth: usize) -> Result<(), Objection> {
        match &mut entry.expr {
            EntryExpr::MapEntry(pair) if is_constant(&pair.key) && is_constant(&pair.value) => {
                self.expression(&mut pair.key, depth + 1)?;
                self.expression(&mut pair.value, depth + 1)
            }
            _ => Err(Objection::new(entry.id, "a map may hold constants only")),
        }
    }

    fn variable(&self, node: u64, name: &str) -> Result<(), Objection> {
        if matches!(name, "body" | "item") || self.variables.iter().any(|own| own == name) {
            return Ok(());
        }
        let name = clip(name, NAME_MAX);
        let message = format!("{name:?} is no variable; there are body and item");
        Err(Objection::new(node, message))
    }

    fn call(&mut self, node: u64, call: &mut CallExpr, depth: usize) -> Result<(), Objection> {
        if !FUNCTIONS.contains(&call.func_name.as_str()) {
            let name = clip(&call.func_name, NAME_MAX);
            let message = format!("the function {name:?} is not offered");
            return Err(Objection::new(node, message));
        }
        if let Some(target) = &mut call.target {
            self.expression(target, depth + 1)?;
        }
        self.each(&mut call.args, depth)
    }

    fn comprehension(
        &mut self,
        node: u64,
        it: &mut ComprehensionExpr,
        depth: usize,
    ) -> Result<(), Objection> {
        // `map` appends without a condition; with one it appends what is not the variable.
        if matches!(&it.loop_step.expr, Expr::Call(call) if call.func_name == operators::ADD) {
            return Err(Objection::new(node, "the macro \"map\" is not offered"));
        }
        self.expression(&mut it.iter_range, depth + 1)?;
        let n_outer = self.variables.len();
        self.variables.push(it.accu_var.clone());
        self.variables.extend(it.iter_var2.clone());
        self.variables.push(it.iter_var.clone());
        for part in [
            &mut it.accu_init,
            &mut it.loop_cond,
            &mut it.loop_step,
            &mut it.result,
        ] {
            self.expression(part, depth + 1)?;
        }
        self.variables.truncate(n_outer);
        let range = std::mem::take(&mut it.iter_range);
        it.iter_range.id = range.id;
        it.iter_range.expr = Expr::Call(CallExpr {
            func_name: LOOP.to_owned(),
            target: None,
            args: vec![range],
        });
        Ok(())
    }
}

/// Constants are evaluated once per use and cannot grow with the body.
fn is_constant(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Literal(_))
}

fn judge_literal(node: u64, literal: &LiteralValue) -> Result<(), Objection> {
    match literal {
        // PostgreSQL cannot keep it, and no body holds one.
        LiteralValue::String(text) if text.inner().contains('\0') => {
            Err(Objection::new(node, "a string may not hold NUL"))
        }
        LiteralValue::Bytes(_) => Err(Objection::new(node, "bytes are not offered")),
        _ => Ok(()),
    }
}

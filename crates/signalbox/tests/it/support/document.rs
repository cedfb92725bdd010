//! A status page's document, built step by step.

use serde_json::{Value, json};

use super::Reply;

/// The document of one page at one time.
#[derive(Debug, Clone)]
pub(crate) struct PageDocument(Value);

impl PageDocument {
    /// A page that was last edited at `updated_at`, with one healthy component.
    pub(crate) fn edited(updated_at: &str) -> Self {
        let page = json!({
            "page": { "id": "sp1", "name": "Spreedly", "updated_at": updated_at },
            "incidents": [],
            "components": [],
        });
        Self(page).component("core", "operational", "2024-01-01T00:00:00Z")
    }

    pub(crate) fn incident(mut self, id: &str, impact: &str, status: &str, at: &str) -> Self {
        self.list("incidents").push(json!({
            "id": id, "name": format!("Trouble {id}"), "status": status, "impact": impact,
            "created_at": "2024-01-15T10:00:00Z", "updated_at": at, "resolved_at": null,
            "incident_updates": [{
                "id": "u1", "status": status, "body": format!("We are {status}."),
                "created_at": at, "display_at": at,
            }],
        }));
        self
    }

    /// Marks the last incident as resolved.
    pub(crate) fn resolved_at(mut self, at: &str) -> Self {
        let last = self.list("incidents").last_mut().unwrap();
        last["resolved_at"] = json!(at);
        last["status"] = json!("resolved");
        self
    }

    pub(crate) fn component(mut self, id: &str, status: &str, at: &str) -> Self {
        self.list("components").push(json!({
            "id": id, "name": format!("The {id}"), "status": status, "updated_at": at,
        }));
        self
    }

    /// Changes any field, by JSON pointer.
    pub(crate) fn with(mut self, pointer: &str, value: Value) -> Self {
        *self.0.pointer_mut(pointer).unwrap() = value;
        self
    }

    fn list(&mut self, name: &str) -> &mut Vec<Value> {
        self.0[name].as_array_mut().unwrap()
    }

    pub(crate) fn text(&self) -> String {
        self.0.to_string()
    }

    pub(crate) fn reply(&self) -> Reply {
        Reply::json(200, &self.0)
    }
}

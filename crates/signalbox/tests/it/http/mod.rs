//! The interface, endpoint by endpoint.

mod auth;
mod bad_events;
mod deliveries;
mod docs;
mod event_detail;
mod events;
mod health;
mod ingest_stripe;
mod limits;
mod mock;
mod openapi;
mod problems;
mod pull_status;
mod summarize;

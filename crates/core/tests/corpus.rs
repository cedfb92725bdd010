//! Documents that vendors really published, read from the folder that `SIGNALBOX_CORPUS` names.
//!
//! The corpus is other people's data and never becomes part of the repository. So nothing of it
//! is copied here: the tests compare with rules, counts and an independent reading of each
//! document. Where the variable is unset, as in a fresh clone, they say so and pass.

#[cfg(test)]
#[path = "corpus/folder.rs"]
mod folder;
#[cfg(test)]
#[path = "corpus/foreign.rs"]
mod foreign;
#[cfg(test)]
#[path = "corpus/oracle.rs"]
mod oracle;
#[cfg(test)]
#[path = "corpus/platforms.rs"]
mod platforms;
#[cfg(test)]
#[path = "corpus/second.rs"]
mod second;
#[cfg(test)]
#[path = "corpus/statuspage.rs"]
mod statuspage;
#[cfg(test)]
#[path = "corpus/stripe.rs"]
mod stripe;
#[cfg(test)]
#[path = "corpus/webhooks.rs"]
mod webhooks;

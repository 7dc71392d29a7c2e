//! A pretend property service for `freshwatch demo`: its prices go stale on a fast clock, its search answers 200 with
//! an error inside, its chat hangs up, and its health endpoint judges itself.
//!
//! The story and the pages are pure: the time since the start gives the state of every endpoint, and the state gives
//! the answers. `service` alone opens sockets; `narration` and `summary` turn runs into text and print nothing.

pub(crate) mod story;

pub(crate) mod clock;
pub(crate) mod pages;
pub(crate) mod service;

pub(crate) mod live_line;
pub(crate) mod narration;
pub(crate) mod summary;

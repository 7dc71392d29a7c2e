//! What a gate asks the world: a backend for numbers, Argo CD for a commit. Everything is bounded in time and bytes, and
//! nothing that comes is judged here.

pub(crate) mod argo_cd;
pub(crate) mod backend;
pub(crate) mod bypass;

mod exchange;

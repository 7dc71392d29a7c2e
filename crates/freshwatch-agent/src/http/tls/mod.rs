//! TLS: whom to trust, what the server showed, and what is wrong with it. ring is passed explicitly everywhere: with
//! two crypto providers in one build, rustls' default is a panic.

pub(crate) mod material;
pub(crate) mod roots;

pub(crate) mod handshake;
pub(crate) mod witness;

pub(crate) mod certificate;

//! Probe files as users write them, through the public interface alone: one binary, so that it links once.

#[cfg(test)]
mod anything;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod dump;
#[cfg(test)]
mod fingerprint;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod json_schema;
#[cfg(test)]
mod purpose;
#[cfg(test)]
mod stamp;
#[cfg(test)]
mod sweep;

//! The endpoints over real sockets, with services that do as they are told.

#[cfg(test)]
mod api;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod client;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod services;
#[cfg(test)]
mod small;

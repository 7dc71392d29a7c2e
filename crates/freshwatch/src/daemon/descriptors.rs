//! How many files and sockets the process may have open.

/// Raises the limit to what the system allows: a shell often grants 1,024, and every run needs one or two. Where that
/// fails, a run that finds none is `unknown` and says so.
#[cfg(unix)]
pub(super) fn raise_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((granted, allowed)) = getrlimit(Resource::RLIMIT_NOFILE)
        && granted < allowed
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, allowed, allowed)
    {
        tracing::warn!("the limit of open files stays at {granted}: {}", error.desc());
    }
}

#[cfg(not(unix))]
pub(super) const fn raise_limit() {}

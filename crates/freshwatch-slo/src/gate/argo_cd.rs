//! Answers of Argo CD's API: which revision is being rolled out, and what its commit says. A hook cannot see the commit
//! itself.

use serde::Deserialize;

/// The path of an application.
pub fn application_path(application: &str) -> Vec<&str> {
    vec!["api", "v1", "applications", application]
}

/// The path of what is known of a revision of an application.
pub fn revision_path<'a>(application: &'a str, revision: &'a str) -> Vec<&'a str> {
    let mut path = application_path(application);
    path.extend(["revisions", revision, "metadata"]);
    path
}

/// What a commit says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Commit {
    /// Who wrote it.
    #[serde(default)]
    pub author: Option<String>,
    /// Its message.
    pub message: String,
}

/// Reads what is known of a revision.
///
/// # Errors
/// A fragment that says what is wrong with the answer.
pub fn commit(body: &[u8]) -> Result<Commit, &'static str> {
    serde_json::from_slice(body).map_err(|_| "answered with something that tells no commit message")
}

/// The revision that an application is being synced to. While a sync is under way, only its operation tells: the
/// revision in the application's status is still the one before.
///
/// # Errors
/// A fragment that says why there is none.
pub fn revision_under_way(body: &[u8]) -> Result<String, &'static str> {
    let application: Application =
        serde_json::from_slice(body).map_err(|_| "answered with something that is no application")?;
    let operation = application
        .status
        .operation_state
        .filter(|operation| operation.phase == "Running")
        .ok_or("tells of no sync that is under way: name the commit with `--argocd-revision`")?;
    let result = operation.sync_result.unwrap_or_default();
    match (result.revision, result.revisions.as_slice()) {
        (Some(revision), _) if !revision.is_empty() => Ok(revision),
        (_, [revision]) => Ok(revision.clone()),
        (_, []) => Err("tells no revision of the sync that is under way: name it with `--argocd-revision`"),
        (_, _) => Err("tells several revisions, one for each source: name one with `--argocd-revision`"),
    }
}

#[derive(Deserialize)]
struct Application {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "operationState")]
    operation_state: Option<OperationState>,
}

#[derive(Deserialize)]
struct OperationState {
    #[serde(default)]
    phase: String,
    #[serde(rename = "syncResult")]
    sync_result: Option<SyncResult>,
}

#[derive(Deserialize, Default)]
struct SyncResult {
    revision: Option<String>,
    #[serde(default)]
    revisions: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::{commit, revision_under_way};

    #[track_caller]
    fn check(operation: &str, told: Result<&str, &str>) {
        let body = format!(r#"{{"status":{{"sync":{{"revision":"before"}},"operationState":{operation}}}}}"#);
        let revision = revision_under_way(body.as_bytes());
        assert_eq!(revision.as_deref().map_err(|why| *why), told);
    }

    #[test]
    fn the_revision_is_that_of_the_sync_under_way() {
        check(
            r#"{"phase":"Running","syncResult":{"revision":"abc"}}"#,
            Ok("abc"),
        );
        check(
            r#"{"phase":"Running","syncResult":{"revision":"","revisions":["abc"]}}"#,
            Ok("abc"),
        );
        let none = "tells of no sync that is under way: name the commit with `--argocd-revision`";
        check("null", Err(none));
        check(
            r#"{"phase":"Succeeded","syncResult":{"revision":"abc"}}"#,
            Err(none),
        );
        check(
            r#"{"phase":"Running"}"#,
            Err("tells no revision of the sync that is under way: name it with `--argocd-revision`"),
        );
        check(
            r#"{"phase":"Running","syncResult":{"revisions":["a","b"]}}"#,
            Err("tells several revisions, one for each source: name one with `--argocd-revision`"),
        );
        assert!(revision_under_way(b"<html>").is_err());
    }

    #[test]
    fn a_commit_tells_its_message() {
        let told = commit(br#"{"author":"Mina <mina@example.com>","message":"Fix","date":"2026-11-22"}"#);
        assert_eq!(told.unwrap().message, "Fix");
        assert!(commit(br#"{"author":"Mina"}"#).is_err());
    }
}

//! The form of the file: whose it is, its version, its tables.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Obstacle, StoreError};

/// Marks a database as ours (<https://sqlite.org/pragma.html#pragma_application_id>): `frsh`.
const APPLICATION: i32 = 0x6672_7368;

/// The version of the form. It rises with every change of the tables, and of what their texts mean: an older freshwatch
/// must not take for damage what it does not know.
pub(crate) const VERSION: i32 = 1;

/// Times are microseconds since 1970.
const TABLES: &str = "
    CREATE TABLE memories (
        probe TEXT NOT NULL PRIMARY KEY,
        observed INTEGER NOT NULL,
        memory TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Every statement of the store must be able to find these.
const COLUMNS: &str = "SELECT probe, observed, memory FROM memories";

/// What the file was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// There was none, or an empty one.
    Nothing,
    /// It was ours.
    Ours,
}

/// Makes sure that the file is ours and has the form that is known here; an empty one gets it.
pub(crate) fn settle(connection: &mut Connection, path: &Path) -> Result<Before, Obstacle> {
    let of = |error: rusqlite::Error| Obstacle::of(&error, path);
    // In one transaction: else another process could make the file between one look and the next.
    let first = connection.transaction().map_err(of)?;
    let seen = look(&first, path)?;
    drop(first);
    if seen == Before::Ours {
        return Ok(Before::Ours);
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(of)?;
    // Another process may have been faster.
    if look(&transaction, path)? == Before::Ours {
        return Ok(Before::Ours);
    }
    transaction.execute_batch(TABLES).map_err(of)?;
    transaction
        .pragma_update(None, "application_id", APPLICATION)
        .map_err(of)?;
    transaction
        .pragma_update(None, "user_version", VERSION)
        .map_err(of)?;
    transaction.commit().map_err(of)?;
    Ok(Before::Nothing)
}

fn look(connection: &Connection, path: &Path) -> Result<Before, Obstacle> {
    let number = |pragma: &str| {
        connection
            .pragma_query_value(None, pragma, |row| row.get::<_, i32>(0))
            .map_err(|error| Obstacle::of(&error, path))
    };
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection
        .query_row(count, [], |row| row.get(0))
        .map_err(|error| Obstacle::of(&error, path))?;
    let path = path.to_owned();
    match (number("application_id")?, number("user_version")?, tables) {
        (0, 0, 0) => Ok(Before::Nothing),
        (APPLICATION, VERSION, _) => {
            let found = connection.prepare(COLUMNS);
            found
                .map(|_| Before::Ours)
                .map_err(|error| match Obstacle::of(&error, &path) {
                    // It says what it is, and is not.
                    Obstacle::Error(StoreError::Failed { why, .. }) => Obstacle::Damage(why),
                    other => other,
                })
        }
        (APPLICATION, found, _) if found > VERSION => Err(Obstacle::Error(StoreError::Newer {
            path,
            found,
            known: VERSION,
        })),
        (APPLICATION, found, _) => Err(Obstacle::Damage(format!("its form `{found}` never was"))),
        (_, _, _) => Err(Obstacle::Error(StoreError::Foreign { path })),
    }
}

/// Reads all of the file, as it must be once before anything in it is believed.
pub(crate) fn examine(connection: &mut Connection, path: &Path) -> Result<(), Obstacle> {
    let of = |error: rusqlite::Error| Obstacle::of(&error, path);
    let transaction = connection.transaction().map_err(of)?;
    let number = |pragma: &str| transaction.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let told: String = transaction
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(of)?;
    if told != "ok" {
        return Err(Obstacle::Damage(told.replace('\n', " ")));
    }
    // What misses of the last page would be read as zeros.
    let whole = number("page_count").map_err(of)? * number("page_size").map_err(of)?;
    let there = std::fs::metadata(path).map_or(0, |file| file.len());
    if there < whole.unsigned_abs() {
        return Err(Obstacle::Damage(format!(
            "it is cut short: {there} of {whole} bytes"
        )));
    }
    Ok(())
}

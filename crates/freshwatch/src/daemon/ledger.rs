//! Takes in what the supervisor tells, in order: the one place that changes the board between reloads.

use std::sync::Arc;
use std::time::Duration;

use freshwatch_agent::supervise::Event;
use freshwatch_page::board::Board;
use freshwatch_probe::prober::Skip;
use freshwatch_probe::standing::Change;
use tokio::sync::mpsc::Receiver;
use tokio::time;

use super::exports::Outlets;
use super::logs;
use super::remembering::Remembering;
use super::shared::Shared;

/// So many events are taken in under one lock.
const MOST_AT_ONCE: usize = 256;

/// So long events may gather: at a thousand a second, waking up for each of them costs as much as the rest of it. A
/// verdict is seen and logged so much later at most.
const GATHER: Duration = Duration::from_millis(50);

/// Takes everything in until nobody can tell anything any more.
pub(super) async fn keep(mut told: Receiver<Event>, shared: Arc<Shared>, outlets: Outlets) {
    let mut events = Vec::new();
    let mut changes = Vec::new();
    while told.recv_many(&mut events, MOST_AT_ONCE).await > 0 {
        for event in &mut events {
            if let Event::Ran { run, .. } = event {
                outlets.ran(run);
            }
        }
        {
            let mut board = shared.board();
            let take_in = |event| take_in(&mut board, shared.remembering(), event);
            changes.extend(events.drain(..).filter_map(take_in));
        }
        for change in changes.drain(..) {
            logs::change(&change);
            outlets.changed(&change);
        }
        if told.is_empty() && !told.is_closed() {
            time::sleep(GATHER).await;
        }
    }
}

fn take_in(board: &mut Board, remembering: Option<&Remembering>, event: Event) -> Option<Change> {
    match event {
        Event::Scheduled { probe, next } => {
            board.scheduled(&probe, next);
            None
        }
        Event::Ran { run, lateness, next } => {
            board.started(lateness);
            if let Some(remembering) = remembering {
                remembering.saw(&run);
            }
            run.newly_stamped()
                .for_each(|note| logs::stamped(run.probe(), &note));
            board.absorb(run, next)
        }
        Event::Overloaded { run, next } => {
            board.skip(run.probe(), Skip::Overload, 1, next);
            board.absorb(run, next)
        }
        Event::Aborted { run } => board.absorb(run, None),
        Event::Skipped {
            probe,
            cause,
            slots,
            next,
        } => {
            board.skip(&probe, cause, slots, next);
            None
        }
    }
}

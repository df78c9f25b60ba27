//! Server-sent events: what changed among a project's snapshots.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt};
use plimsoll_store::Change;
use serde::Serialize;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

use super::extract::Path;
use crate::{AppState, Problem, state::Signal};

/// Data of the event `snapshot`.
#[derive(Serialize)]
struct SnapshotEvent<'a> {
    id: &'a str,
    change: Change,
}

/// Streams an event `snapshot` for each snapshot that is added, changed or removed; `resync` if what was
/// read before may be out of date.
pub(super) async fn stream(
    State(state): State<AppState>,
    Path(project): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    // Subscribed before anything else, so that nothing after the answer's head is missed.
    let changes = state.changes();
    let project = state.on_project(project, |_, project| Ok(project.to_owned())).await?;
    let events = BroadcastStream::new(changes).filter_map(move |change| {
        let resync = || Some(Event::default().event("resync").data("{}"));
        let event = match change.as_deref() {
            Ok(Signal::Snapshot(change)) if change.project == project => {
                let data = SnapshotEvent {
                    id: &change.id,
                    change: change.change,
                };
                Event::default().event("snapshot").json_data(data).ok()
            }
            Ok(Signal::Snapshot(_)) => None,
            Ok(Signal::Resync) | Err(BroadcastStreamRecvError::Lagged(_)) => resync(),
        };
        std::future::ready(event.map(Ok))
    });
    let closed = async move { state.closed().await };
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(events.take_until(Box::pin(closed))).keep_alive(keep_alive))
}

//! Server-sent events and the life of the service.

use std::{fs, sync::Arc};

use axum::{
    body::Body,
    http::{Request, header},
};
use futures::StreamExt;
use plimsoll_model::SnapshotKind;
use plimsoll_server::Live;
use plimsoll_store::Workspace;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::support::{Service, snapshot};

#[tokio::test]
async fn listeners_learn_what_another_handle_writes() {
    let service = Service::filled().await;
    let request = Request::get("/api/v1/projects/bike-demand/events")
        .body(Body::empty())
        .unwrap();
    let response = service.send(request).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut events = response.into_body().into_data_stream();
    let mut next = async || String::from_utf8(events.next().await.unwrap().unwrap().to_vec()).unwrap();

    let other = Workspace::open(service.path()).unwrap();
    let mut elsewhere = snapshot(9, SnapshotKind::Report);
    elsewhere.project = "another".to_owned();
    other.write_snapshot(&elsewhere, None).unwrap();
    let mut written = snapshot(9, SnapshotKind::Report);
    other.write_snapshot(&written, None).unwrap();
    service.state.scan().await.unwrap();
    assert_eq!(
        next().await,
        "event: snapshot\ndata: {\"id\":\"20110210T000000Z-report-daily-report\",\"change\":\"added\"}\n\n"
    );
    written.tags.push("again".to_owned());
    other.write_snapshot(&written, None).unwrap();
    service.state.scan().await.unwrap();
    assert!(next().await.contains("\"changed\""));
    let dir = other.project_dir("bike-demand").unwrap().join("snapshots/2011/02/10");
    fs::remove_dir_all(dir).unwrap();
    service.state.scan().await.unwrap();
    assert!(next().await.contains("\"removed\""));
}

#[tokio::test]
async fn a_listener_that_lags_is_told_to_read_anew() {
    let service = Service::filled().await;
    let request = Request::get("/api/v1/projects/bike-demand/events")
        .body(Body::empty())
        .unwrap();
    let mut events = service.send(request).await.into_body().into_data_stream();
    let other = Workspace::open(service.path()).unwrap();
    let dir = other.project_dir("bike-demand").unwrap().join("snapshots/2012/01/01");
    fs::create_dir_all(&dir).unwrap();
    let mut many = snapshot(0, SnapshotKind::Report);
    for n in 0..1_100 {
        many.id = format!("s{n}");
        fs::write(dir.join(format!("s{n}.json")), serde_json::to_vec(&many).unwrap()).unwrap();
    }
    service.state.scan().await.unwrap();
    let first = events.next().await.unwrap().unwrap();
    assert_eq!(&first[..], b"event: resync\ndata: {}\n\n");
}

async fn request(address: std::net::SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn read_until(stream: &mut TcpStream, expected: &str) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4_096]);
    while !text.contains(expected) {
        let n = stream.read(&mut buffer).await.unwrap();
        assert!(n > 0, "the connection ended after: {text}");
        text += &String::from_utf8_lossy(&buffer[..n]);
    }
    text
}

#[tokio::test]
async fn the_service_watches_by_itself_and_stops_with_open_streams() {
    let service = Service::filled().await;
    let workspace = Arc::new(Workspace::open(service.path()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(plimsoll_server::serve(workspace, Live::default(), listener, async {
        stopped.await.unwrap();
    }));
    let life = async {
        loop {
            let mut ready = request(address, "/readyz").await;
            if read_until(&mut ready, "\r\n\r\n").await.contains("200 OK") {
                break;
            }
        }
        let mut stream = request(address, "/api/v1/projects/bike-demand/events").await;
        read_until(&mut stream, "text/event-stream").await;
        Workspace::open(service.path())
            .unwrap()
            .write_snapshot(&snapshot(9, SnapshotKind::Report), None)
            .unwrap();
        read_until(&mut stream, "20110210T000000Z-report-daily-report").await;
        stop.send(()).unwrap();
        // The stream ends, and so the service does.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        serving.await.unwrap().unwrap();
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), life)
        .await
        .unwrap();
}

#[tokio::test]
async fn listeners_from_before_the_first_scan_are_told_to_read_anew() {
    let service = Service::filled().await;
    let workspace = Workspace::open(service.path()).unwrap();
    let fresh = Service {
        dir: service.dir,
        state: plimsoll_server::AppState::new(Arc::new(workspace)),
    };
    let request = Request::get("/api/v1/projects/bike-demand/events")
        .body(Body::empty())
        .unwrap();
    let mut events = fresh.send(request).await.into_body().into_data_stream();
    fresh.state.scan().await.unwrap();
    assert_eq!(
        &events.next().await.unwrap().unwrap()[..],
        b"event: resync\ndata: {}\n\n"
    );
}

//! HTTP and nothing else: the API and the embedded dashboard.
//!
//! Reads the workspace through `plimsoll-store`; a background task compares files and index every second and tells the
//! listeners of `/events` what changed.

mod access;
mod api;
mod dashboard;
mod openapi;
mod problem;
mod state;
mod ui;

use std::{future::Future, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Request, header},
    middleware::from_fn_with_state,
};
use plimsoll_store::{StoreError, Workspace};
use thiserror::Error;
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    set_header::SetResponseHeaderLayer,
    trace::{DefaultOnResponse, TraceLayer},
};

pub use access::{Access, check_reach};
pub use openapi::document as openapi;
pub use problem::Problem;
pub use state::{AppState, Live};
pub use ui::report_page;

/// Longest request body in bytes.
const BODY_LIMIT: usize = 1 << 20;

/// How long open requests may take to end once the service is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// What the page may load: its own files, inline styles and inline images, and nothing from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
     font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// Where the service reads and listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOptions {
    /// Directory of the workspace.
    pub workspace: PathBuf,
    /// Address and port.
    pub listen: SocketAddr,
}

/// Why the service could not start or go on.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The workspace cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}: {source}; choose another address with `--listen`")]
    Listen {
        /// Address and port.
        listen: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// Other machines reach the address, and nobody would have to show who they are.
    #[error(
        "{listen} can be reached from other machines, and `{}` has no token that callers could show; make one with \
         `plimsoll token create NAME --scope read --workspace {}`, listen on 127.0.0.1, or say `--allow-anonymous` if anyone may \
         read everything and send rows", .workspace.display(), .workspace.display()
    )]
    Exposed {
        /// Address and port.
        listen: SocketAddr,
        /// Directory of the workspace.
        workspace: PathBuf,
    },
    /// The program was built without its pages.
    #[error(
        "this program was built without its pages; run `make ui`, then `cargo build --package plimsoll`, or write .json"
    )]
    Unbuilt,
    /// The listening socket failed.
    #[error("the service stopped: {0}")]
    Serve(io::Error),
}

/// Opens the workspace and the address and serves until `shutdown` is done.
///
/// # Errors
/// [`ServerError`] if the workspace or the address cannot be used, or if other machines reach the address and no token is kept.
pub async fn run(
    options: ServerOptions,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    let workspace = Arc::new(Workspace::open(&options.workspace)?);
    let listen = options.listen;
    check_reach(listen, &options.workspace, false)?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|source| ServerError::Listen { listen, source })?;
    serve(workspace, Live::default(), listener, shutdown).await
}

/// Serves a workspace until `shutdown` is done; event streams are then closed and other requests get five seconds.
///
/// What is in `live` is started and stopped by the caller.
///
/// # Errors
/// [`ServerError::Serve`] if the listening socket fails.
pub async fn serve(
    workspace: Arc<Workspace>,
    live: Live,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    let address = listener.local_addr().map_err(ServerError::Serve)?;
    let state = AppState::reached(workspace, live, !access::is_local(address));
    let watching = tokio::spawn(state.clone().watch());
    let collecting = tokio::spawn(state.clone().collect());
    let (closing, closed) = (state.clone(), state.clone());
    let server = axum::serve(listener, router(state)).with_graceful_shutdown(async move {
        shutdown.await;
        closing.close();
    });
    let overdue = async move {
        closed.closed().await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = server => served.map_err(ServerError::Serve),
        () = overdue => Ok(()),
    };
    watching.abort();
    collecting.abort();
    served
}

/// All routes: the API, the probes, the dashboard.
pub fn router(state: AppState) -> Router {
    let set = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    let routes = if state.live().is_page_hidden {
        api::routes().fallback(problem::unknown_path)
    } else {
        api::routes().fallback(ui::page)
    };
    let routes = routes
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn_with_state(state.clone(), access::guard))
        .with_state(state)
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    // What is the same for every route lies around them all: a layer of the router is copied by each request.
    let around = ServiceBuilder::new()
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(|request: &Request<Body>| {
                    // Neither the query nor a header nor the body: what they hold is nobody's business.
                    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
                })
                .on_request(())
                .on_response(DefaultOnResponse::new().level(tracing::Level::INFO)),
        )
        .layer(set(header::CACHE_CONTROL, "no-cache"))
        .layer(set(header::REFERRER_POLICY, "same-origin"))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        // Long answers are waited for; how small they are matters less.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .service(routes);
    Router::new().fallback_service(around)
}

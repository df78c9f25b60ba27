//! The description of the API, OpenAPI 3.1: one line an operation, schemas from the types that are sent.

use axum::http::Method;
use plimsoll_ingest::Format;
use plimsoll_model::{
    Backfill, DataSample, JobAccepted, Jobs, ProjectData, Revisions, Scope, Snapshot, TestHistory, dashboard::Dashboard,
};
use plimsoll_store::{Page, ProjectSummary, SnapshotContext, SnapshotMeta};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    Problem,
    access::{COOKIE, Needs},
    api::{
        backfill::BackfillBody,
        data::SampleQuery,
        ingest::{IngestAnswer, IngestQuery},
        projects::{ProjectDetail, ProjectsQuery},
        series::{HealthAnswer, PeriodQuery, SeriesAnswer, SeriesRequest},
        session::{Session, SignIn},
        snapshots::{RevisionQuery, SnapshotsQuery},
        tokens::{MadeToken, NewToken, TokenList},
    },
};

/// Makes the schema of a type, or a reference to it.
type Type = fn(&mut SchemaGenerator) -> Schema;

/// One operation.
struct Operation {
    path: &'static str,
    /// `get`, `post` or `delete`.
    method: &'static str,
    needs: Needs,
    id: &'static str,
    summary: &'static str,
    /// Type of the query parameters.
    query: Option<Type>,
    /// Type of the JSON body.
    body: Option<Type>,
    /// Says that the body is rows in one of several formats.
    rows: bool,
    answer: Answer,
}

/// What an operation answers.
enum Answer {
    Json(Type),
    /// JSON with an `ETag`.
    Tagged(Type),
    /// JSON about work that is done later, status 202.
    Accepted(Type),
    /// JSON about what was made, status 201.
    Created(Type),
    /// Nothing, status 204.
    Nothing,
    Text(&'static str),
}

const fn read(path: &'static str, id: &'static str, summary: &'static str, answer: Answer) -> Operation {
    Operation {
        path,
        method: "get",
        needs: Needs::Scope(Scope::Read),
        id,
        summary,
        query: None,
        body: None,
        rows: false,
        answer,
    }
}

const fn send(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        method: "post",
        needs: Needs::Scope(Scope::Ingest),
        query: Some(inline::<IngestQuery>),
        rows: true,
        ..read(path, id, summary, Answer::Json(of::<IngestAnswer>))
    }
}

/// Media types of rows.
static ROWS: [Format; 6] = [
    Format::Json,
    Format::NdJson,
    Format::Csv,
    Format::ArrowStream,
    Format::ArrowFile,
    Format::Parquet,
];

/// Every operation by path.
static OPERATIONS: [Operation; 28] = [
    Operation {
        needs: Needs::Narrowed(Scope::Read),
        ..read(
            "/api/v1/openapi.json",
            "describeApi",
            "This description",
            Answer::Json(anything),
        )
    },
    Operation {
        needs: Needs::Narrowed(Scope::Read),
        query: Some(inline::<ProjectsQuery>),
        ..read(
            "/api/v1/projects",
            "listProjects",
            "Projects by id; those that the token reaches",
            Answer::Json(of::<Page<ProjectSummary>>),
        )
    },
    read(
        "/api/v1/projects/{p}",
        "getProject",
        "One project: columns, monitors, configuration",
        Answer::Json(of::<ProjectDetail>),
    ),
    Operation {
        method: "post",
        needs: Needs::Scope(Scope::Write),
        body: Some(of::<BackfillBody>),
        ..read(
            "/api/v1/projects/{p}/backfill",
            "backfill",
            "Computes a range of windows again and writes a new revision where a result is another one; answers when that is done",
            Answer::Json(of::<Backfill>),
        )
    },
    read(
        "/api/v1/projects/{p}/dashboard",
        "getDashboard",
        "The design of a project's page",
        Answer::Json(of::<Dashboard>),
    ),
    read(
        "/api/v1/projects/{p}/data",
        "getData",
        "Columns, arrivals, what was refused, the state of the collector",
        Answer::Json(of::<ProjectData>),
    ),
    Operation {
        query: Some(inline::<SampleQuery>),
        ..read(
            "/api/v1/projects/{p}/data/sample",
            "sampleData",
            "Some of the latest rows of the prediction store",
            Answer::Json(of::<DataSample>),
        )
    },
    read(
        "/api/v1/projects/{p}/events",
        "streamEvents",
        "Server-sent events: `snapshot` with `{id, change}` for each snapshot added, changed or removed; `resync` if what was read before may be out of date",
        Answer::Text("text/event-stream"),
    ),
    Operation {
        query: Some(inline::<PeriodQuery>),
        ..read(
            "/api/v1/projects/{p}/health",
            "getHealth",
            "How the windows fared, oldest first",
            Answer::Json(of::<HealthAnswer>),
        )
    },
    read(
        "/api/v1/projects/{p}/jobs",
        "getJobs",
        "When the project's job runs and how its runs went",
        Answer::Json(of::<Jobs>),
    ),
    Operation {
        method: "post",
        needs: Needs::Scope(Scope::Write),
        ..read(
            "/api/v1/projects/{p}/jobs",
            "runJob",
            "Runs the project's job at once",
            Answer::Accepted(of::<JobAccepted>),
        )
    },
    send(
        "/api/v1/projects/{p}/labels",
        "sendLabels",
        "Takes labels in; what is accepted is on disk. `Idempotency-Key` makes a repeated request harmless; 429 and 503 say \
         with `Retry-After` when to send it again",
    ),
    send(
        "/api/v1/projects/{p}/predictions",
        "sendPredictions",
        "Takes predictions in; what is accepted is on disk. `Idempotency-Key` makes a repeated request harmless; 429 and 503 \
         say with `Retry-After` when to send it again",
    ),
    Operation {
        method: "post",
        body: Some(of::<SeriesRequest>),
        ..read(
            "/api/v1/projects/{p}/series",
            "querySeries",
            "Points of metrics over time",
            Answer::Json(of::<SeriesAnswer>),
        )
    },
    Operation {
        query: Some(inline::<SnapshotsQuery>),
        ..read(
            "/api/v1/projects/{p}/snapshots",
            "listSnapshots",
            "Snapshots, newest first",
            Answer::Json(of::<Page<SnapshotMeta>>),
        )
    },
    Operation {
        query: Some(inline::<RevisionQuery>),
        ..read(
            "/api/v1/projects/{p}/snapshots/{sid}",
            "getSnapshot",
            "A snapshot as it stands in its file, the newest revision or an older one",
            Answer::Tagged(of::<Snapshot>),
        )
    },
    read(
        "/api/v1/projects/{p}/snapshots/{sid}/context",
        "getSnapshotContext",
        "The snapshots before, after and beside one",
        Answer::Json(of::<SnapshotContext>),
    ),
    read(
        "/api/v1/projects/{p}/snapshots/{sid}/revisions",
        "listRevisions",
        "The revisions of a snapshot that are kept, oldest first",
        Answer::Json(of::<Revisions>),
    ),
    Operation {
        query: Some(inline::<PeriodQuery>),
        ..read(
            "/api/v1/projects/{p}/tests",
            "getTests",
            "Every test through the windows, worst first; the newest 1,000 windows at most",
            Answer::Json(of::<TestHistory>),
        )
    },
    Operation {
        needs: Needs::Nothing,
        ..read(
            "/api/v1/session",
            "getSession",
            "Says whether requests need a token, and which one this request shows",
            Answer::Json(of::<Session>),
        )
    },
    Operation {
        method: "post",
        needs: Needs::Nothing,
        body: Some(of::<SignIn>),
        ..read(
            "/api/v1/session",
            "signIn",
            "Keeps a token in a cookie that the page's scripts cannot read",
            Answer::Json(of::<Session>),
        )
    },
    Operation {
        method: "delete",
        needs: Needs::Nothing,
        ..read("/api/v1/session", "signOut", "Forgets the cookie", Answer::Nothing)
    },
    Operation {
        needs: Needs::Token,
        ..read(
            "/api/v1/tokens",
            "listTokens",
            "Tokens by name, without their secrets; those of the project of the token that asks, or all",
            Answer::Json(of::<TokenList>),
        )
    },
    Operation {
        method: "post",
        needs: Needs::Token,
        body: Some(of::<NewToken>),
        ..read(
            "/api/v1/tokens",
            "createToken",
            "Makes a token; its secret is in this answer and cannot be had again",
            Answer::Created(of::<MadeToken>),
        )
    },
    Operation {
        method: "delete",
        needs: Needs::Token,
        ..read(
            "/api/v1/tokens/{name}",
            "revokeToken",
            "Forgets a token",
            Answer::Nothing,
        )
    },
    Operation {
        needs: Needs::Nothing,
        ..read(
            "/healthz",
            "isAlive",
            "Says whether the service runs",
            Answer::Text("text/plain"),
        )
    },
    read(
        "/metrics",
        "getMetrics",
        "What the collectors did and the newest value of every metric, for Prometheus",
        Answer::Text("application/openmetrics-text"),
    ),
    Operation {
        needs: Needs::Nothing,
        ..read(
            "/readyz",
            "isReady",
            "Says whether the first scan of the workspace is done",
            Answer::Text("text/plain"),
        )
    },
];

/// What a request needs; what is not described needs `write`.
pub(crate) fn needs(path: &str, method: &Method) -> Needs {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    OPERATIONS
        .iter()
        .find(|operation| operation.path == path && operation.method.eq_ignore_ascii_case(method.as_str()))
        .map_or(Needs::Scope(Scope::Write), |operation| operation.needs)
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    Schema::from(true)
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn inline<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| {
        s.definitions_path = "/components/schemas".into();
        s.meta_schema = None;
    });
    let mut generator = settings.for_serialize().into_generator();
    let problem = of::<Problem>(&mut generator);
    let mut paths = Map::new();
    for operation in &OPERATIONS {
        let described = describe(operation, &problem, &mut generator);
        let methods = paths.entry(operation.path).or_insert_with(|| json!({}));
        methods[operation.method] = described;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Plimsoll",
            "version": "1",
            "description": "Monitoring of machine-learning models. Times are RFC 3339 in UTC; errors are problem details (RFC 9457). \
                A service on loopback whose workspace has no tokens asks for none.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of `plimsoll token create`"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "The cookie of `signIn`"},
            },
        },
    })
}

fn describe(operation: &Operation, problem: &Schema, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> = operation
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let description = match name {
                "p" => "Project",
                "sid" => "Snapshot",
                _ => "Token",
            };
            json!({"name": name, "in": "path", "required": true, "description": description, "schema": {"type": "string"}})
        })
        .collect();
    if let Some(query) = operation.query {
        parameters.extend(query_parameters(&query(generator)));
    }
    let content = match &operation.answer {
        Answer::Json(schema) | Answer::Tagged(schema) | Answer::Accepted(schema) | Answer::Created(schema) => {
            json!({"application/json": {"schema": schema(generator)}})
        }
        Answer::Nothing => json!({}),
        Answer::Text(kind) => json!({ *kind: {"schema": {"type": "string"}} }),
    };
    let (status, description) = match operation.answer {
        Answer::Accepted(_) => ("202", "It will be done"),
        Answer::Created(_) => ("201", "It was made"),
        Answer::Nothing => ("204", "It was done"),
        _ => ("200", "As asked for"),
    };
    let mut responses = json!({
        status: {"description": description, "content": content},
        "default": {"description": "A problem", "content": {"application/problem+json": {"schema": problem}}},
    });
    if matches!(operation.answer, Answer::Tagged(_)) {
        responses["200"]["headers"] = json!({"ETag": {"schema": {"type": "string"}}});
        responses["304"] = json!({"description": "The client has it (`If-None-Match`)"});
    }
    let mut described = json!({"operationId": operation.id, "summary": operation.summary, "responses": responses});
    described["security"] = operation
        .needs
        .scope()
        .map_or_else(|| json!([]), |scope| json!([{"token": [scope]}, {"session": [scope]}]));
    if !parameters.is_empty() {
        described["parameters"] = Value::Array(parameters);
    }
    if operation.rows {
        let content: Map<String, Value> = ROWS
            .iter()
            .map(|format| (format.content_type().to_owned(), json!({})))
            .collect();
        described["requestBody"] = json!({"required": true, "content": content});
    }
    if let Some(body) = operation.body {
        described["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": body(generator)}}});
    }
    described
}

/// The parameters that the fields of a query type stand for; all of them may be absent.
fn query_parameters(schema: &Schema) -> Vec<Value> {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return Vec::new();
    };
    properties
        .iter()
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|s| s.remove("description"));
            json!({"name": name, "in": "query", "description": description, "schema": without_null(schema)})
        })
        .collect()
}

/// An absent parameter is absent, not null.
fn without_null(mut schema: Value) -> Value {
    let is_null = |s: &Value| s == "null" || s["type"] == "null";
    for key in ["type", "anyOf"] {
        let Some(Value::Array(options)) = schema.get_mut(key) else {
            continue;
        };
        options.retain(|option| !is_null(option));
        let [only] = options.as_mut_slice() else { continue };
        let only = only.take();
        if key == "type" {
            schema[key] = only;
        } else {
            return only;
        }
    }
    schema
}

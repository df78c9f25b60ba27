//! The routes of the API and their errors.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use plimsoll_model::{SnapshotKind, dashboard::Dashboard};
use serde_json::{Value, json};

use crate::support::{Service, snapshot};

const REPORT: &str = "/api/v1/projects/bike-demand/snapshots/20110203T000000Z-report-daily-report";

#[tokio::test]
async fn probes_answer() {
    let service = Service::filled().await;
    assert_eq!(service.get("/healthz").await.text(), "ok");
    assert_eq!(service.get("/readyz").await.status, StatusCode::OK);
    let workspace = plimsoll_store::Workspace::open(service.path()).unwrap();
    let unscanned = plimsoll_server::AppState::new(std::sync::Arc::new(workspace));
    let fresh = Service {
        dir: service.dir,
        state: unscanned,
    };
    fresh.get("/readyz").await.problem(503, "unavailable");
    assert_eq!(fresh.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn projects_are_listed_searched_and_paged() {
    let service = Service::filled().await;
    let all = service.get("/api/v1/projects").await.json();
    let ids: Vec<&Value> = all["items"].as_array().unwrap().iter().map(|p| &p["id"]).collect();
    assert_eq!(
        (ids, &all["next_cursor"]),
        (vec![&json!("a b/c"), &json!("bike-demand")], &Value::Null)
    );
    let bikes = &all["items"][1];
    assert_eq!(
        (&bikes["title"], &bikes["task"], &bikes["health"], &bikes["timezone"]),
        (
            &json!("Bike demand"),
            &json!({"kind": "regression"}),
            &json!("fail"),
            &json!("Europe/Berlin")
        )
    );
    assert_eq!(bikes["strip"].as_array().unwrap().len(), 5);
    assert_eq!(bikes["strip"][0]["status"], "pass");
    assert_eq!(
        bikes["last_window"],
        json!({"start": "2011-02-05T00:00:00Z", "end": "2011-02-06T00:00:00Z"})
    );
    assert_eq!((&bikes["rows"], &bikes["snapshots"]), (&json!(24), &json!(10)));
    let empty = &all["items"][0];
    assert_eq!(
        (&empty["title"], &empty["health"], &empty["rows"], &empty["timezone"]),
        (&json!("a b/c"), &json!("none"), &Value::Null, &json!("UTC"))
    );

    let found = service.get("/api/v1/projects?search=DEMAND").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let first = service.get("/api/v1/projects?limit=1").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = service
        .get(&format!("/api/v1/projects?limit=1&cursor={cursor}"))
        .await
        .json();
    assert_eq!(
        (&second["items"][0]["id"], &second["next_cursor"]),
        (&json!("bike-demand"), &Value::Null)
    );
}

#[tokio::test]
async fn a_project_shows_its_columns_monitors_and_file() {
    let service = Service::filled().await;
    let detail = service.get("/api/v1/projects/bike-demand").await.json();
    assert_eq!(detail["summary"]["title"], "Bike demand");
    assert_eq!(detail["definition"]["task"], json!({"kind": "regression"}));
    assert_eq!(
        (&detail["summary"]["timezone"], &detail["first"]),
        (&json!("Europe/Berlin"), &json!("2011-02-01T00:00:00Z"))
    );
    let monitor = json!({"name": "daily-report", "every": "1d", "kinds": ["report"], "windows": 5,
        "first": "2011-02-01T00:00:00Z", "last": "2011-02-06T00:00:00Z"});
    assert_eq!(detail["monitors"][0], monitor);
    assert!(detail["config"].as_str().unwrap().starts_with("project: bike-demand"));
    assert_eq!(
        service.get("/api/v1/projects/a%20b%2Fc").await.json()["summary"]["id"],
        "a b/c"
    );
}

#[tokio::test]
async fn before_its_first_window_a_project_has_the_time_zone_of_its_file() {
    let service = Service::filled().await;
    let yaml = "project: a b/c\ndata: {timezone: America/New_York}\n";
    let workspace = plimsoll_store::Workspace::open(service.path()).unwrap();
    workspace.write_project_config("a b/c", yaml).unwrap();
    let projects = service.get("/api/v1/projects").await.json();
    assert_eq!(
        (&projects["items"][0]["title"], &projects["items"][0]["timezone"]),
        (&json!("a b/c"), &json!("America/New_York"))
    );
}

#[tokio::test]
async fn the_dashboard_is_that_of_the_project_file_else_the_default() {
    let service = Service::filled().await;
    let uri = "/api/v1/projects/bike-demand/dashboard";
    let default = plimsoll_model::config::default_dashboard(&snapshot(4, SnapshotKind::Report).definition);
    // The file of this project names no data, so that it cannot be read as a whole.
    assert_eq!(
        serde_json::from_slice::<Dashboard>(&service.get(uri).await.body).unwrap(),
        default
    );
    let yaml = "project: bike-demand\ndata: {source: bikes.parquet, timestamp: time}\n\
        monitors: [{name: daily, every: 1d, report: [data_drift]}]\n\
        dashboard:\n  tabs:\n    - title: Own\n      panels: [{title: Words, kind: text, layout: {w: 3, h: 2}, text: hello}]\n";
    plimsoll_model::config::ProjectConfig::parse(yaml).unwrap();
    let workspace = plimsoll_store::Workspace::open(service.path()).unwrap();
    workspace.write_project_config("bike-demand", yaml).unwrap();
    assert_eq!(service.get(uri).await.json()["tabs"][0]["panels"][0]["text"], "hello");
}

#[tokio::test]
async fn series_come_in_the_order_of_the_queries() {
    let service = Service::filled().await;
    let uri = "/api/v1/projects/bike-demand/series";
    let answer = service
        .post(
            uri,
            r#"{"queries": [{"metric": "no.metric"}, {"metric": "regression.mae"}]}"#,
        )
        .await
        .json();
    assert_eq!(answer["series"][0], json!([]));
    let series = &answer["series"][1][0];
    assert_eq!(series["points"].as_array().unwrap().len(), 5);
    assert_eq!(series["points"][4]["value"], 40.0);
    assert_eq!(
        series["bounds"],
        json!([{"bound": {"lt": 40.0}, "severity": "critical", "monitor": "daily-tests"}])
    );

    let detail = service
        .post(uri, r#"{"queries": [{"metrik": "x"}]}"#)
        .await
        .problem(422, "invalid_body");
    assert!(detail.contains("metrik") && !detail.contains("target type"), "{detail}");
    service.post(uri, "{").await.problem(400, "invalid_body");
    service
        .post(uri, r#"{"queries": [{"metric": "x", "max_points": 0}]}"#)
        .await
        .problem(422, "invalid_body");
    let many = format!(r#"{{"queries": [{}]}}"#, vec![r#"{"metric": "x"}"#; 101].join(","));
    service.post(uri, &many).await.problem(422, "invalid_body");
    service
        .post(uri, &" ".repeat(2 << 20))
        .await
        .problem(413, "invalid_body");
    let plain = Request::post(uri).body(Body::from("{}")).unwrap();
    service.ask(plain).await.problem(415, "invalid_body");
}

#[tokio::test]
async fn tests_and_health_follow_the_windows() {
    let service = Service::filled().await;
    let health = service
        .get("/api/v1/projects/bike-demand/health?from=2011-02-04T00:00:00Z")
        .await
        .json();
    let states: Vec<&Value> = health["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["status"])
        .collect();
    assert_eq!(states, ["pass", "fail"]);
    let reports = service
        .get("/api/v1/projects/bike-demand/health?monitor=daily-report")
        .await
        .json();
    assert_eq!(reports["cells"][0]["status"], "none");
    let tests = service
        .get("/api/v1/projects/bike-demand/tests?to=2011-02-03T00:00:00Z")
        .await
        .json();
    assert_eq!(
        (
            &tests["rows"][0]["metric"],
            tests["rows"][0]["cells"].as_array().unwrap().len()
        ),
        (&json!("regression.mae"), 2)
    );
}

#[tokio::test]
async fn snapshots_are_listed_newest_first_in_pages() {
    let service = Service::filled().await;
    let base = "/api/v1/projects/bike-demand/snapshots";
    let (mut ids, mut uri) = (Vec::new(), format!("{base}?limit=4"));
    loop {
        let page = service.get(&uri).await.json();
        ids.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|s| s["id"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => uri = format!("{base}?limit=4&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(ids.len(), 10);
    assert!(ids.is_sorted_by(|a, b| a > b));
    for (filter, expected) in [
        ("kind=report", 5),
        ("monitor=daily-tests", 5),
        ("outcome=fail", 1),
        ("tag=day%203", 2),
        ("from=2011-02-05T00:00:00Z", 2),
        ("to=2011-02-02T00:00:00Z&kind=test_suite", 1),
    ] {
        let page = service.get(&format!("{base}?{filter}")).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), expected, "{filter}");
    }
}

#[tokio::test]
async fn a_snapshot_is_sent_once_while_it_does_not_change() {
    let service = Service::filled().await;
    let first = service.get(REPORT).await;
    let expected = serde_json::to_value(snapshot(2, SnapshotKind::Report)).unwrap();
    assert_eq!(first.json(), expected);
    let etag = first.header(header::ETAG).to_owned();
    assert_eq!(first.header(header::CONTENT_TYPE), "application/json");
    for known in [
        etag.clone(),
        format!("\"other\", {etag}"),
        etag.replace("W/", ""),
        "*".to_owned(),
    ] {
        let again = service.get_with(REPORT, header::IF_NONE_MATCH, &known).await;
        assert_eq!(
            (again.status, again.body.len(), again.header(header::ETAG)),
            (StatusCode::NOT_MODIFIED, 0, &*etag)
        );
    }
    let mut changed = snapshot(2, SnapshotKind::Report);
    changed.revision = 2;
    plimsoll_store::Workspace::open(service.path())
        .unwrap()
        .write_snapshot(&changed, None)
        .unwrap();
    let third = service.get_with(REPORT, header::IF_NONE_MATCH, &etag).await;
    assert_eq!((third.status, &third.json()["revision"]), (StatusCode::OK, &json!(2)));

    let context = service.get(&format!("{REPORT}/context")).await.json();
    assert_eq!(context["previous"]["id"], "20110202T000000Z-report-daily-report");
    assert_eq!(context["next"]["id"], "20110204T000000Z-report-daily-report");
    assert_eq!(context["siblings"][0]["id"], "20110203T000000Z-test_suite-daily-tests");
}

#[tokio::test]
async fn a_snapshot_is_read_as_of_a_moment() {
    let service = Service::filled().await;
    let revisions = service.get(&format!("{REPORT}/revisions")).await.json();
    let computed = "2011-02-04T00:00:00Z";
    let first = json!({"revision": 1, "status": "final", "at": computed, "coverage": null});
    assert_eq!(revisions, json!({"items": [first]}));
    let then = service.get(&format!("{REPORT}?as_of={computed}")).await;
    assert_eq!(then.json()["revision"], 1);
    let detail = service
        .get(&format!("{REPORT}?as_of=2011-02-03T23:59:59Z"))
        .await
        .problem(404, "unknown_revision");
    assert!(detail.contains("2011-02-03T23:59:59Z"), "{detail}");
    service
        .get(&format!("{REPORT}?as_of=now"))
        .await
        .problem(400, "invalid_query");
}

#[tokio::test]
async fn a_project_without_a_collector_shows_columns_and_source() {
    let service = Service::filled().await;
    let yaml = "project: a b/c\ndata: {source: rows.parquet, timezone: Europe/Rome}\n";
    plimsoll_store::Workspace::open(service.path())
        .unwrap()
        .write_project_config("a b/c", yaml)
        .unwrap();
    let data = service.get("/api/v1/projects/a%20b%2Fc/data").await.json();
    assert_eq!(
        (&data["source"], &data["timezone"], &data["live"]),
        (&json!("rows.parquet"), &json!("Europe/Rome"), &Value::Null)
    );
    let task = &service.get("/api/v1/projects/bike-demand/data").await.json()["task"];
    assert_eq!(task, &json!({"kind": "regression"}));
    service
        .get("/api/v1/projects/bike-demand/data/sample?limit=0")
        .await
        .problem(400, "invalid_query");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_that_helps() {
    let service = Service::filled().await;
    for route in [
        "",
        "/dashboard",
        "/data",
        "/data/sample",
        "/events",
        "/health",
        "/jobs",
        "/tests",
        "/snapshots",
        "/snapshots/x",
        "/snapshots/x/context",
        "/snapshots/x/revisions",
    ] {
        let detail = service
            .get(&format!("/api/v1/projects/bike-demnd{route}"))
            .await
            .problem(404, "unknown_project");
        assert_eq!(detail, "no project `bike-demnd`; did you mean `bike-demand`?");
    }
    service
        .post("/api/v1/projects/x/series", r#"{"queries": []}"#)
        .await
        .problem(404, "unknown_project");
    for id in ["x", "..%2F..%2Fmetrics", "20110203T%2F..%2Fx"] {
        let uri = format!("/api/v1/projects/bike-demand/snapshots/{id}");
        service.get(&uri).await.problem(404, "unknown_snapshot");
        service
            .get(&format!("{uri}/context"))
            .await
            .problem(404, "unknown_snapshot");
    }
    for uri in ["/api", "/api/v1", "/api/v1/nothing", "/api/v2/projects"] {
        service
            .get_with(uri, header::ACCEPT, "text/html")
            .await
            .problem(404, "unknown_path");
    }
    let put = Request::put("/api/v1/projects").body(Body::empty()).unwrap();
    service.ask(put).await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn query_parameters_are_checked() {
    let service = Service::filled().await;
    for (query, word) in [
        ("health?from=yesterday", "from"),
        ("health?form=2011-02-01T00:00:00Z", "`form`"),
        ("tests?from=2011-02-02T00:00:00Z&to=2011-02-01T00:00:00Z", "before `to`"),
        ("snapshots?kind=reports", "reports"),
        ("snapshots?outcome=bad", "bad"),
        ("snapshots?limit=0", "1 to 500"),
        ("snapshots?limit=501", "1 to 500"),
        ("snapshots?limit=x", "limit"),
    ] {
        let detail = service
            .get(&format!("/api/v1/projects/bike-demand/{query}"))
            .await
            .problem(400, "invalid_query");
        assert!(
            detail.contains(word) && !detail.contains("deserialize"),
            "{query}: {detail}"
        );
    }
    service
        .get("/api/v1/projects/bike-demand/snapshots?cursor=zz")
        .await
        .problem(400, "invalid_cursor");
    service
        .get("/api/v1/projects?cursor=f")
        .await
        .problem(400, "invalid_cursor");
    service
        .get("/api/v1/projects?limit=0")
        .await
        .problem(400, "invalid_query");
}

#[tokio::test]
async fn internal_text_stays_inside() {
    let service = Service::filled().await;
    std::fs::remove_dir_all(service.path().join("projects")).unwrap();
    let detail = service.get("/api/v1/projects").await.problem(500, "internal");
    assert!(!detail.contains("projects") && !detail.contains('/'), "{detail}");
}

#[tokio::test]
async fn large_answers_are_compressed() {
    let service = Service::filled().await;
    let packed = service
        .get_with("/api/v1/openapi.json", header::ACCEPT_ENCODING, "gzip")
        .await;
    assert_eq!(packed.header(header::CONTENT_ENCODING), "gzip");
    assert_eq!(packed.body[..2], [0x1f, 0x8b]);
}

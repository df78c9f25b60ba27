//! The scheduled job of a project over HTTP.

use serde_json::{Value, json};

use crate::support::Service;

const JOBS: &str = "/api/v1/projects/hours/jobs";

#[tokio::test]
async fn a_job_is_asked_for_runs_and_is_remembered() {
    let (service, scheduler) = Service::scheduled().await;
    let asked = service.post(JOBS, "").await;
    assert_eq!((asked.status.as_u16(), asked.json()), (202, json!({"id": "1"})));
    let refused = service.post(JOBS, "").await.problem(409, "running");
    assert!(refused.contains("`hours`"), "{refused}");
    assert_eq!(scheduler.turn().await, 1);
    let jobs = service.get(JOBS).await.json();
    assert_eq!(
        jobs,
        json!({"schedule": {"every": "1h", "next_run": "2024-02-01T13:00:00Z"}, "running": false, "history": [{
            "id": "1", "started_at": "2024-02-01T12:00:00Z", "seconds": 0.0, "written": 2, "skipped": 0, "failed": 0,
            "error": null}]})
    );
    service.state.scan().await.unwrap();
    let snapshots = service.get("/api/v1/projects/hours/snapshots").await.json();
    assert_eq!(snapshots["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_project_without_a_job_says_so() {
    let (service, _) = Service::scheduled().await;
    service
        .post("/api/v1/projects/nobody/jobs", "")
        .await
        .problem(404, "unknown_project");
    let filled = Service::filled().await;
    filled
        .post("/api/v1/projects/bike-demand/jobs", "")
        .await
        .problem(409, "not_scheduled");
    let jobs = filled.get("/api/v1/projects/bike-demand/jobs").await.json();
    assert_eq!(jobs, json!({"schedule": Value::Null, "running": false, "history": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_computed_again_and_a_dry_run_writes_nothing() {
    let (service, scheduler) = Service::scheduled().await;
    service.post(JOBS, "").await;
    assert_eq!(scheduler.turn().await, 1);
    let uri = "/api/v1/projects/hours/backfill";
    let ask = |dry_run: bool| json!({"from": "2024-01-01", "to": "2024-01-02", "dry_run": dry_run}).to_string();
    let same = service.post(uri, &ask(false)).await.json();
    assert_eq!(
        same,
        json!({"dry_run": false, "windows": 2, "unchanged": 2, "changes": []})
    );
    std::fs::write(
        service.path().join("rows.csv"),
        "at,x\n2024-01-01 00:30:00,1\n2024-01-01 00:31:00,2\n",
    )
    .unwrap();
    let dry = service.post(uri, &ask(true)).await.json();
    assert_eq!(
        dry["changes"],
        json!([{"snapshot": "20240101T000000Z-report-hourly", "monitor": "hourly", "kind": "report",
            "start": "2024-01-01T00:00:00Z", "end": "2024-01-01T01:00:00Z", "rows": 2, "before": 1, "revision": 2}])
    );
    let snapshot = "/api/v1/projects/hours/snapshots/20240101T000000Z-report-hourly";
    service.state.scan().await.unwrap();
    assert_eq!(service.get(snapshot).await.json()["revision"], 1);
    assert_eq!(service.post(uri, &ask(false)).await.json()["changes"], dry["changes"]);
    service.state.scan().await.unwrap();
    assert_eq!(service.get(snapshot).await.json()["revision"], 2);
    for (body, told) in [
        (json!({"from": "2024-01-02", "to": "2024-01-01"}), "not before"),
        (json!({"from": "x", "to": "2024-01-01"}), "no moment"),
        (
            json!({"from": "2024-01-01", "to": "2024-01-02", "monitors": ["hourli"]}),
            "`hourly`",
        ),
        (json!({"from": "2024-01-01"}), "`to`"),
    ] {
        let refused = service.post(uri, &body.to_string()).await.problem(422, "invalid_body");
        assert!(refused.contains(told), "{refused}");
    }
    let filled = Service::filled().await;
    let none = filled.post("/api/v1/projects/a%20b%2Fc/backfill", &ask(true)).await;
    none.problem(409, "no_config");
}

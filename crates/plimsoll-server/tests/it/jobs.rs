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

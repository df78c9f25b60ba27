//! `plimsoll report`, `plimsoll test`, `plimsoll inspect`, `plimsoll metrics`, `plimsoll schema`.

use std::fs;

use crate::support::{data, plimsoll, value};

const WINE: &str = "
data:
  task: multiclass
  target: target
  scores: {barolo: barolo, grignolino: grignolino, barbera: barbera}
report: [classification]
tests: [{classification.accuracy: {gte: LIMIT}}]
";

#[test]
fn a_report_on_two_files_is_a_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let (current, reference) = (data("car_loan_reference.parquet"), data("car_loan_analysis.parquet"));
    let args = [
        "report",
        "--current",
        &reference,
        "--reference",
        &current,
        "--preset",
        "data_drift",
        "--out",
        "r.json",
    ];
    let said = plimsoll(dir.path(), &args);
    assert_eq!(said.code, 0, "{}", said.err);
    let snapshot: serde_json::Value = serde_json::from_slice(&fs::read(dir.path().join("r.json")).unwrap()).unwrap();
    assert!(snapshot["window"].is_null());
    assert!(value(&snapshot, "drift.dataset", "columns").unwrap() >= 8.0);
    let said = plimsoll(dir.path(), &["report", "--current", &current, "--out", "r.pdf"]);
    assert!(said.code == 2 && said.err.contains(".json"), "{}", said.err);
}

#[test]
fn a_report_is_one_page_that_needs_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let current = data("car_loan_reference.parquet");
    let said = plimsoll(dir.path(), &["report", "--current", &current, "--out", "r.html"]);
    if said.err.contains("built without its pages") {
        assert_eq!(said.code, 2);
        assert!(!dir.path().join("r.html").exists());
        return;
    }
    assert_eq!(said.code, 0, "{}", said.err);
    let page = fs::read_to_string(dir.path().join("r.html")).unwrap();
    assert!(page.len() < 2_000_000, "{}", page.len());
    for outside in ["src=\"/", "href=\"/", "src=\"http", "href=\"http"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let (_, after) = page.split_once("id=\"snapshot\">").unwrap();
    let (json, _) = after.split_once("</script>").unwrap();
    let snapshot: serde_json::Value = serde_json::from_str(json).unwrap();
    assert!(value(&snapshot, "dataset.rows", "count").unwrap() > 0.0);
}

#[test]
fn ci_systems_get_junit_and_markdown() {
    let dir = tempfile::tempdir().unwrap();
    let wine = data("wine_multiclass.parquet");
    fs::write(dir.path().join("spec.yaml"), WINE.replace("LIMIT", "1.5")).unwrap();
    let run = |out: &str| {
        let args = ["test", "--current", &wine, "--config", "spec.yaml", "--out", out];
        plimsoll(dir.path(), &args)
    };
    assert_eq!(run("junit.xml").code, 1);
    let xml = fs::read_to_string(dir.path().join("junit.xml")).unwrap();
    assert!(
        xml.contains("failures=\"1\"")
            && xml.contains("classification.accuracy.value")
            && xml.contains("expected at least 1.5"),
        "{xml}"
    );
    let said = run("md");
    assert_eq!(said.code, 1);
    assert!(said.out.starts_with("**1 tests: 0 passed"), "{}", said.out);
    assert!(
        said.out.contains("| FAIL | classification.accuracy.value |"),
        "{}",
        said.out
    );
    let said = run("suite.pdf");
    assert!(said.code == 2 && said.err.contains("JUnit"), "{}", said.err);
}

#[test]
fn exit_codes_tell_passed_failed_and_could_not_run() {
    let dir = tempfile::tempdir().unwrap();
    let wine = data("wine_multiclass.parquet");
    let run = |limit: &str| {
        fs::write(dir.path().join("spec.yaml"), WINE.replace("LIMIT", limit)).unwrap();
        plimsoll(dir.path(), &["test", "--current", &wine, "--config", "spec.yaml"])
    };
    let passed = run("0.5");
    assert_eq!(passed.code, 0, "{}{}", passed.out, passed.err);
    assert!(
        passed.out.contains("PASS") && passed.out.contains("expected at least 0.5"),
        "{}",
        passed.out
    );
    let failed = run("1.5");
    assert_eq!(failed.code, 1, "{}{}", failed.out, failed.err);
    assert!(failed.out.starts_with("FAIL"), "{}", failed.out);
    assert_eq!(plimsoll(dir.path(), &["test", "--current", "absent.csv"]).code, 2);
}

#[test]
fn degenerate_files_give_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("none.csv", "a,b\n");
    write("two.csv", "a,b\n1,x\n2,y\n");
    write("constant.csv", &format!("a,b\n{}", "1,x\n".repeat(50)));
    write("null.csv", &format!("a,b\n{}", ",\n".repeat(50)));
    write("infinite.csv", "a,b\ninf,x\n-inf,x\n1,x\n2,\n");
    write("text.csv", &format!("a,b\n{}", "one,1\ntwo,2\n".repeat(20)));
    for current in ["none", "two", "constant", "null", "infinite", "text"] {
        for reference in ["two", "constant", "null", "text"] {
            let (c, r) = (format!("{current}.csv"), format!("{reference}.csv"));
            let args = [
                "report",
                "--current",
                &c,
                "--reference",
                &r,
                "--preset",
                "data_drift,data_summary",
            ];
            let said = plimsoll(dir.path(), &args);
            assert_eq!(said.code, 0, "{current} {reference}: {}", said.err);
            serde_json::from_str::<serde_json::Value>(&said.out).unwrap();
            let said = plimsoll(dir.path(), &["test", "--current", &c, "--reference", &r]);
            assert!(
                said.code <= 2 && said.out.contains(" tests: "),
                "{current} {reference}: {}",
                said.err
            );
        }
    }
}

#[test]
fn two_thousand_columns_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    let header: Vec<String> = (0..2_000).map(|i| format!("c{i}")).collect();
    let mut csv = header.join(",") + "\n";
    for row in 0..20 {
        let cells: Vec<String> = (0..2_000).map(|i| ((row * 31 + i) % 17).to_string()).collect();
        csv += &(cells.join(",") + "\n");
    }
    fs::write(dir.path().join("wide.csv"), csv).unwrap();
    let said = plimsoll(
        dir.path(),
        &[
            "report",
            "--current",
            "wide.csv",
            "--preset",
            "data_quality",
            "--out",
            "r.json",
        ],
    );
    assert_eq!(said.code, 0, "{}", said.err);
    let snapshot: serde_json::Value = serde_json::from_slice(&fs::read(dir.path().join("r.json")).unwrap()).unwrap();
    assert_eq!(value(&snapshot, "dataset.columns", "count"), Some(2000.0));
}

#[test]
fn what_inspect_prints_can_be_pasted() {
    let dir = tempfile::tempdir().unwrap();
    let said = plimsoll(dir.path(), &["inspect", &data("edge_cases.parquet")]);
    assert_eq!(said.code, 0, "{}", said.err);
    let spec = said.out + "report: [data_quality]\n";
    fs::write(dir.path().join("spec.yaml"), &spec).unwrap();
    let current = data("edge_cases.parquet");
    let said = plimsoll(
        dir.path(),
        &[
            "report",
            "--current",
            &current,
            "--config",
            "spec.yaml",
            "--out",
            "r.json",
        ],
    );
    assert_eq!(said.code, 0, "{}\n{spec}", said.err);
}

#[test]
fn the_catalogue_explains_every_entry() {
    let dir = tempfile::tempdir().unwrap();
    let all = plimsoll(dir.path(), &["metrics"]).out;
    for metric in plimsoll_engine::METRICS {
        assert!(all.contains(metric.id));
        let said = plimsoll(dir.path(), &["metrics", metric.id]);
        assert!(said.code == 0 && said.out.contains("# Definition"), "{}", metric.id);
    }
    assert!(plimsoll(dir.path(), &["metrics", "psi"]).out.contains("Threshold: 0.1"));
    let said = plimsoll(dir.path(), &["metrics", "drift.colum"]);
    assert!(said.code == 2 && said.err.contains("`drift.column`"), "{}", said.err);
    for what in ["project", "report", "snapshot"] {
        serde_json::from_str::<serde_json::Value>(&plimsoll(dir.path(), &["schema", what]).out).unwrap();
    }
    assert_eq!(plimsoll(dir.path(), &["completions", "bash"]).code, 0);
}

const TEXTS: &str = "
data:
  descriptors:
    text_length: {text.length: {column: text}}
    has_mail: {text.contains: {column: text, items: ['@']}}
report: [text_evals, {column.mean: {column: text_length}}, {column.category: {column: has_mail, category: 'true'}}, {drift.column: {column: text_length}}]
tests: [{column.missing.share: {column: has_mail, lt: 0.05}}]
";

#[test]
fn texts_are_described_as_columns() {
    let dir = tempfile::tempdir().unwrap();
    let texts = data("texts_synthetic.parquet");
    fs::write(dir.path().join("texts.yaml"), TEXTS).unwrap();
    let files = ["--current", &texts, "--reference", &texts, "--config", "texts.yaml"];
    let said = plimsoll(dir.path(), &[&["report", "--out", "r.json"], &files[..]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    let snapshot: serde_json::Value = serde_json::from_slice(&fs::read(dir.path().join("r.json")).unwrap()).unwrap();
    // 774 texts of 57,131 characters, 36 of them with an address.
    let length = value(&snapshot, "column.mean", "value").unwrap();
    assert!((length / (57_131.0 / 774.0) - 1.0).abs() < 1e-9, "{length}");
    assert_eq!(value(&snapshot, "column.category", "count"), Some(36.0));
    assert_eq!(value(&snapshot, "drift.column", "drifted"), Some(0.0));
    assert_eq!(plimsoll(dir.path(), &[&["test"], &files[..]].concat()).code, 0);

    let wrong = TEXTS.replace("text.contains", "text.contain");
    fs::write(dir.path().join("texts.yaml"), wrong).unwrap();
    let said = plimsoll(dir.path(), &[&["test"], &files[..]].concat());
    assert!(
        said.code == 2 && said.err.contains("did you mean `text.contains`"),
        "{}",
        said.err
    );
}

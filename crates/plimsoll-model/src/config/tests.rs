//! Project files: what is read, and what each mistake says.

use super::*;
use crate::{Bound, ColumnKind, InferredColumn, Learned, Severity, Task, Threshold};

const BIKES: &str = "
project: bike-demand
data:
  source: data/bike_demand.parquet
  timestamp: timestamp
  task: regression
  target: bikers
  prediction: prediction
  columns: {temp: numeric, season: categorical}
reference: {from: 2011-01-19, to: 2011-02-01}
monitors:
  - name: daily-report
    every: 1d
    report: [data_drift, data_quality, regression, {drift.column: {column: temp, test: psi, threshold: 0.2}}]
  - name: daily-tests
    every: 1d
    tests: [data_stability, {drift.dataset.share: {lt: 0.3}}, {regression.mae: {lt: 40, severity: warning}}]
dashboard: default
";

fn message(yaml: &str) -> String {
    ProjectConfig::parse(yaml).unwrap_err().to_string()
}

#[test]
fn the_example_of_the_design_reads_and_comes_back() {
    let config = ProjectConfig::parse(BIKES).unwrap();
    let ReportItem::Metric(metric) = &config.monitors[0].report[3] else {
        panic!("a metric")
    };
    assert_eq!(
        (metric.id.as_str(), metric.params["threshold"].as_f64()),
        ("drift.column", Some(0.2))
    );
    let TestItem::Test {
        target,
        bound,
        severity,
        ..
    } = &config.monitors[1].tests[2]
    else {
        panic!("a test")
    };
    let below = Bound {
        lt: Some(Threshold::Number(40.0)),
        ..Bound::default()
    };
    assert_eq!(
        (target.as_str(), bound, severity),
        ("regression.mae", &below, &Severity::Warning)
    );
    let yaml = serde_saphyr::to_string(&config).unwrap();
    assert_eq!(ProjectConfig::parse(&yaml).unwrap(), config);
}

#[test]
fn bounds_take_tolerances_references_and_labels() {
    let items: Vec<TestItem> = serde_saphyr::from_str(
        "
- {column.mean: {column: temp, eq: {reference: {sigmas: 2}}}}
- {classification.precision: {labels: {class: a}, gte: {approx: {value: 0.5, relative: 0.1}}}}
- {column.category.share: {column: season, category: winter, approx: {value: 0.2, absolute: 0.05}}}
",
    )
    .unwrap();
    let TestItem::Test { params, bound, .. } = &items[0] else {
        panic!("a test")
    };
    assert_eq!(params["column"], "temp");
    assert!(matches!(&bound.eq, Some(Threshold::Reference { reference }) if reference.sigmas == 2.0));
    let TestItem::Test { labels, params, .. } = &items[1] else {
        panic!("a test")
    };
    assert_eq!((labels["class"].as_str(), params.is_empty()), ("a", true));
    let TestItem::Test { bound, .. } = &items[2] else {
        panic!("a test")
    };
    assert!(bound.holds(0.24) && !bound.holds(0.26));
}

#[test]
fn bounds_are_learned_on_both_sides_or_one() {
    let read = |yaml: &str| serde_saphyr::from_str::<TestItem>(yaml);
    let bound = |yaml: &str| match read(yaml).unwrap() {
        TestItem::Test { bound, .. } => bound,
        TestItem::Name(name) => panic!("{name}"),
    };
    let learned = |learned| Some(Threshold::Learned { learned });
    assert_eq!(
        bound("regression.mae: {learned: {std: 2}}").eq,
        learned(Learned::Std(2.0))
    );
    assert_eq!(bound("regression.mae: {learned: {}}").eq, learned(Learned::Std(3.0)));
    let upper = bound("regression.mae: {lte: {learned: {quantiles: [0, 0.9]}}}");
    assert_eq!((upper.eq, upper.lte), (None, learned(Learned::Quantiles([0.0, 0.9]))));
    let error = |yaml: &str| read(yaml).unwrap_err().to_string();
    assert!(error("regression.mae: {learned: {std: 3}, lte: 5}").contains("`lte: {learned: …}`"));
    assert!(error("regression.mae: {not_eq: {learned: {std: 3}}}").contains("`not_eq` cannot be learned"));
    assert!(error("regression.mae: {learned: {std: -1}}").contains("expected a number above 0"));
    let yaml = "regression.mae: {lte: {learned: {std: 2.5}}}";
    let again = serde_json::to_value(read(yaml).unwrap()).unwrap();
    assert_eq!(
        again,
        serde_json::json!({"regression.mae": {"lte": {"learned": {"std": 2.5}}}})
    );
}

#[test]
fn a_misspelt_key_names_line_and_alternative() {
    let error = message(&BIKES.replace("  target: bikers", "  traget: bikers"));
    assert!(
        error.contains("line 7") && error.contains("`traget`") && error.contains("did you mean `target`?"),
        "{error}"
    );
    let error = message(&BIKES.replace("every: 1d", "every: 1 fortnight"));
    assert!(error.contains("line 13") && error.contains("`15m`"), "{error}");
    let error = message("project: a\ndata: [1");
    assert!(error.contains("line 2"), "{error}");
    assert!(message("").contains("empty"));
}

#[test]
fn values_that_make_no_sense_are_named() {
    for (from, to, expected) in [
        ("from: 2011-01-19", "from: 2011-03-19", "is not before `to`"),
        ("from: 2011-01-19", "from: soon", "`soon` is no moment"),
        ("daily-tests", "daily-report", "a second time"),
        ("  timestamp: timestamp\n", "", "`data.timestamp`"),
        ("  source: data/bike_demand.parquet\n", "", "`data.source`"),
        (
            "  task: regression",
            "  task: regression\n  timezone: Europe/Berlln",
            "did you mean `Europe/Berlin`",
        ),
    ] {
        assert!(BIKES.contains(from), "{from}");
        let error = message(&BIKES.replace(from, to));
        assert!(error.contains(expected), "{error}");
    }
    let window = |window: &str| {
        let reference = ReferenceConfig {
            window: Some(window.to_owned()),
            ..ReferenceConfig::default()
        };
        reference.settle(&jiff::tz::TimeZone::UTC)
    };
    assert_eq!(
        window("trailing 28d"),
        Ok(ReferenceKind::Trailing { seconds: 28 * 86_400 })
    );
    assert_eq!(window("previous"), Ok(ReferenceKind::Previous));
    assert!(window("next").unwrap_err().to_string().contains("`trailing 28d`"));
}

#[test]
fn every_mistake_says_what_was_expected() {
    for (from, to, expected) in [
        (
            "temp: numeric",
            "temp: numerc",
            &["`numerc`", "categorical", "did you mean `numeric`?"][..],
        ),
        (
            "temp: numeric",
            "temp: {kind: numeric, rol: feature}",
            &["`rol`", "`role`"],
        ),
        (
            "temp: numeric",
            "temp: {kind: numeric, role: ignord}",
            &["did you mean `ignored`?"],
        ),
        ("temp: numeric", "temp: [numeric]", &["a kind such as `numeric`"]),
        (
            "dashboard: default",
            "dashboard: defualt",
            &["line 18", "`defualt`", "`default`"],
        ),
        (
            "dashboard: default",
            "dashboard: {tabs: [{title: a, panles: []}]}",
            &["line 18", "did you mean `panels`?"],
        ),
        ("{lt: 0.3}", "{lt: low}", &["line 17", "expected a number"]),
        ("severity: warning", "severity: warnign", &["did you mean `warning`?"]),
        (
            "report: [data_drift,",
            "report: data_drift #",
            &["line 14", "expected a list"],
        ),
        ("target: bikers", "target: [bikers]", &["line 7", "expected one word"]),
        (
            "target: bikers",
            "target: bikers\n  target: cnt",
            &["line 8", "`target` is given twice"],
        ),
        (
            "task: regression",
            "task: binary",
            &["`data.positive`", "positive: yes"],
        ),
        (
            "task: regression",
            "task: regression\n  labels: {source: a.csv}",
            &["`data.id`"],
        ),
    ] {
        assert!(BIKES.contains(from), "{from}");
        let error = message(&BIKES.replace(from, to));
        for part in expected {
            assert!(error.contains(part), "`{part}` is not in: {error}");
        }
    }
    let error = message(&BIKES.replace("daily-report", "a b").replace("daily-tests", "a/b"));
    assert!(
        error.contains("`a/b` and `a b` would write snapshots of the same names"),
        "{error}"
    );
}

fn inferred() -> Vec<InferredColumn> {
    let column = InferredColumn::new;
    vec![
        column("when", ColumnKind::Datetime),
        column("temp", ColumnKind::Numeric),
        column("y", ColumnKind::Numeric),
        column("p", ColumnKind::Numeric),
    ]
}

#[test]
fn roles_and_kinds_follow_the_file_then_the_data() {
    let data: DataConfig =
        serde_saphyr::from_str("{timestamp: when, task: binary, target: y, score: p, positive: yes}").unwrap();
    let definition = data.apply(&inferred()).unwrap();
    assert_eq!(
        definition.task,
        Some(Task::Binary {
            positive: "yes".to_owned(),
            threshold: 0.5
        })
    );
    assert_eq!(definition.target().unwrap().kind, ColumnKind::Categorical);
    assert_eq!(definition.columns[1].role, crate::Role::Feature);
    let wrong: DataConfig = serde_saphyr::from_str("{timestamp: wehn}").unwrap();
    assert!(wrong.apply(&inferred()).unwrap_err().to_string().contains("`when`"));
    let twice: DataConfig = serde_saphyr::from_str("{target: y, prediction: y}").unwrap();
    assert!(
        twice
            .apply(&inferred())
            .unwrap_err()
            .to_string()
            .contains("one part only")
    );
    let no_positive: DataConfig = serde_saphyr::from_str("{task: binary, target: y}").unwrap();
    assert!(
        no_positive
            .apply(&inferred())
            .unwrap_err()
            .to_string()
            .contains("data.positive")
    );
}

#[test]
fn every_task_has_a_dashboard_of_its_own() {
    let data: DataConfig = serde_saphyr::from_str("{task: regression, target: y, prediction: p}").unwrap();
    let regression = default_dashboard(&data.apply(&inferred()).unwrap());
    let none = default_dashboard(&DataConfig::default().apply(&inferred()).unwrap());
    assert_eq!(regression.tabs.len(), none.tabs.len() + 1);
    for panel in regression.tabs.iter().flat_map(|t| &t.panels) {
        assert!((1..=12).contains(&panel.layout.w) && !panel.title.is_empty());
    }
}

#[test]
fn schemas_describe_every_file() {
    let schemas = schemas();
    assert!(schemas["project"].as_value()["properties"]["monitors"].is_object());
    assert!(schemas["snapshot"].as_value()["properties"]["measurements"].is_object());
}

const LIVE: &str = "
project: loans
data: {source: collector, timestamp: at, id: id, task: binary, target: repaid, prediction: p, positive: yes}
collector:
  lateness: 10m
  labels: {final_after: 60d}
  implicit_label: {value: 0, after: 30d}
  retention: {max_age: 180d}
  broker: {nats: {url: 'nats://127.0.0.1:4222', stream: loans, predictions: loans.predictions}}
monitors:
  - {name: live, every: 1h, trigger: {every: 5s, rows: 1000}, report: [data_drift]}
";

#[test]
fn the_collector_block_reads_and_comes_back() {
    let config = ProjectConfig::parse(LIVE).unwrap();
    let collector = config.collector();
    assert_eq!(
        (collector.lateness, collector.labels.hold),
        (Seconds(600), Seconds(7 * 86_400))
    );
    assert_eq!(collector.implicit_label.as_ref().unwrap().after, Seconds(30 * 86_400));
    assert_eq!(config.monitors[0].trigger.unwrap().rows, Some(1_000));
    let yaml = serde_saphyr::to_string(&config).unwrap();
    assert_eq!(ProjectConfig::parse(&yaml).unwrap(), config);
}

#[test]
fn what_only_a_collector_has_is_refused_elsewhere() {
    let files = LIVE.replace("source: collector", "source: loans.csv");
    assert!(message(&files).contains("`data.source` is not `collector`"));
    let late = LIVE.replace("after: 30d", "after: 90d");
    assert!(message(&late).contains("longer than `labels.final_after` (60d)"));
    let word = LIVE.replace("lateness: 10m", "lateness: soon");
    assert!(
        message(&word).contains("`soon` is no length of time"),
        "{}",
        message(&word)
    );
    let misspelt = LIVE.replace("lateness", "latenes");
    assert!(
        message(&misspelt).contains("did you mean `lateness`?"),
        "{}",
        message(&misspelt)
    );
}

#[test]
fn a_schedule_is_a_length_or_off() {
    let with = |schedule: &str| format!("{BIKES}schedule: {schedule}\n");
    assert_eq!(
        ProjectConfig::parse(&with("15m")).unwrap().schedule,
        Some(Schedule::Every(Seconds(900)))
    );
    assert_eq!(
        ProjectConfig::parse(&with("off")).unwrap().schedule,
        Some(Schedule::Off)
    );
    assert!(message(&with("daily, at noon")).contains("or `off`"));
}

const KAFKA: &str = "
project: loans
data: {source: collector, timestamp: at}
collector:
  broker:
    kafka:
      brokers: 'kafka-1:9093,kafka-2:9093'
      predictions: loans
      tls: {ca: /etc/kafka/ca.pem}
      sasl: {mechanism: scram-sha-512, username: plimsoll, password: {env: KAFKA_PASSWORD}}
monitors: [{name: live, every: 1h, report: [data_drift]}]
";

#[test]
fn kafka_takes_certificates_and_a_password_that_is_kept_elsewhere() {
    let config = ProjectConfig::parse(KAFKA).unwrap();
    let Some(BrokerConfig::Kafka {
        tls: Some(tls),
        sasl: Some(sasl),
        ..
    }) = config.collector().broker.clone()
    else {
        panic!("{config:?}");
    };
    assert_eq!(tls.ca.unwrap(), std::path::Path::new("/etc/kafka/ca.pem"));
    assert_eq!(sasl.mechanism, SaslMechanism::ScramSha512);
    assert_eq!(sasl.password, Secret::Env("KAFKA_PASSWORD".to_owned()));
    for (good, bad, message) in [
        (
            "{env: KAFKA_PASSWORD}",
            "hunter2",
            "`collector.broker.kafka.sasl.password`: holds a secret, expected where one is kept: `{env: NAME}` or `{file: /path}`",
        ),
        (
            "/etc/kafka/ca.pem",
            "ca.pem",
            "`collector.broker.kafka.tls.ca`: is `ca.pem`, expected an absolute path",
        ),
        (
            "{env: KAFKA_PASSWORD}",
            "{file: password}",
            "`collector.broker.kafka.sasl.password`: is `password`, expected an absolute path",
        ),
        (
            "{ca: /etc/kafka/ca.pem}",
            "{certificate: /etc/kafka/me.pem}",
            "`collector.broker.kafka.tls`: has one of `certificate` and `key`, expected both or none",
        ),
        (
            "tls: {ca: /etc/kafka/ca.pem}\n      sasl: {mechanism: scram-sha-512,",
            "sasl: {",
            "`collector.broker.kafka.sasl.mechanism`: sends the password unencrypted",
        ),
        ("scram-sha-512", "gssapi", "gssapi"),
    ] {
        assert!(KAFKA.contains(good));
        let error = ProjectConfig::parse(&KAFKA.replace(good, bad)).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_login_of_nats_is_named_and_not_written_out() {
    let url = "url: 'nats://127.0.0.1:4222'";
    let with = |login: &str| LIVE.replace(url, &format!("{url}, login: {login}"));
    let config = ProjectConfig::parse(&with("{user: {name: plimsoll, password: {env: NATS_PASSWORD}}}")).unwrap();
    let Some(BrokerConfig::Nats { login: Some(login), .. }) = &config.collector().broker else {
        panic!("{config:?}");
    };
    let password = Secret::Env("NATS_PASSWORD".to_owned());
    let name = "plimsoll".to_owned();
    assert_eq!(login, &NatsLogin::User { name, password });
    let key = "`collector.broker.nats.";
    for (bad, message) in [
        (
            with("{user: {name: x, password: hunter2}}"),
            "login.user.password`: holds a secret",
        ),
        (with("{token: hunter2}"), "login.token`: holds a secret"),
        (
            with("{token: {file: token}}"),
            "login.token`: is `token`, expected an absolute path",
        ),
        (
            with("{credentials: me.creds}"),
            "login.credentials`: is `me.creds`, expected an absolute path",
        ),
        (
            LIVE.replace("//127", "//me:hunter2@127"),
            "url`: holds a name, a password or a token before `@`",
        ),
    ] {
        let error = ProjectConfig::parse(&bad).unwrap_err().to_string();
        assert!(error.contains(&format!("{key}{message}")), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

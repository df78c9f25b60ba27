//! From profiles to measurements and test results.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use plimsoll_model::{
    Approx, Bound, DataDefinition, Labels, Learned, Measurement, MeasurementError, MetricSpec, Point, SEGMENT,
    Severity, Status, TestResult, TestSpec, Threshold,
};

use crate::{
    DynMetric, EvaluateError, Evaluation, Lessons, Preparer, Profile, ProfileOptions, ProfilePlan, Profiles, SpecError,
    find_metric,
    segments::{Segment, segments},
};

/// Segments without a value, or labels that there are, which a note names.
const NAMED: usize = 3;

/// What a metric found, or why it has no value.
type MetricResult = Result<Evaluation, EvaluateError>;

/// A metric on a window: the whole, and its segments as points.
struct Found {
    whole: Arc<MetricResult>,
    segments: Vec<Point>,
    /// Why some segments have no value.
    notes: Vec<String>,
}

#[derive(Debug)]
struct PlannedTest {
    metric: usize,
    field: String,
    labels: Labels,
    bound: Bound,
    severity: Severity,
}

/// What to compute for each window: metrics, tests on their points, and the statistics that they need.
#[derive(Debug)]
pub struct EvaluationPlan {
    definition: DataDefinition,
    metrics: Vec<Arc<dyn DynMetric>>,
    /// What tells a metric's results on given profiles from all others: its id, its parameters, the definition.
    keys: Vec<String>,
    /// Metrics that the report shows, by index.
    report: Vec<usize>,
    tests: Vec<PlannedTest>,
    profile: Arc<ProfilePlan>,
}

/// What was computed for one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// Results of the report's metrics, in its order, or of the tested metrics without pictures.
    pub measurements: Vec<Measurement>,
    /// Results of the tests, in their order.
    pub tests: Vec<TestResult>,
}

/// The reference with what the tests' derived bounds need of it, computed once for all windows.
#[derive(Debug, Clone)]
pub struct Reference<'a> {
    profile: &'a Profile,
    windows: f64,
    /// By metric: its points on the reference alone; empty for metrics that no test derives a bound from.
    points: Arc<Vec<Vec<Point>>>,
    /// What metrics were in windows of the reference, for tests that learn from them.
    lessons: Arc<Lessons>,
}

impl Reference<'_> {
    /// The same reference where it spans so many windows; 1 if that is not known.
    #[must_use]
    pub fn spanning(&self, windows: f64) -> Self {
        Self {
            windows: if windows > 0.0 { windows } else { 1.0 },
            ..self.clone()
        }
    }

    /// The same reference with what was learned from its windows.
    #[must_use]
    pub fn with_lessons(&self, lessons: &Arc<Lessons>) -> Self {
        Self {
            lessons: Arc::clone(lessons),
            ..self.clone()
        }
    }
}

impl EvaluationPlan {
    /// Settles requests against a data definition. Equal requests are computed once.
    ///
    /// # Errors
    /// [`SpecError`] names the metric, parameter, field or column that is wrong.
    pub fn new(
        report: &[MetricSpec],
        tests: &[TestSpec],
        definition: &DataDefinition,
        options: ProfileOptions,
    ) -> Result<Self, SpecError> {
        let mut plan = Self {
            definition: definition.clone(),
            metrics: Vec::new(),
            keys: Vec::new(),
            report: Vec::new(),
            tests: Vec::new(),
            profile: Arc::new(ProfilePlan::new([], options.clone())),
        };
        let bytes = serde_json::to_vec(definition).unwrap_or_default();
        let prefix = format!("result {:x}", xxhash_rust::xxh3::xxh3_128(&bytes));
        let mut known = HashMap::new();
        for spec in report {
            let metric = plan.add(spec, &prefix, &mut known)?;
            // Those of a report come first, so one that was not there is the next.
            if metric == plan.report.len() {
                plan.report.push(metric);
            }
        }
        for test in tests {
            let metric = plan.add(&test.metric, &prefix, &mut known)?;
            let fields = plan.metrics[metric].fields();
            let field = test.field.as_deref().unwrap_or(fields[0]);
            if !fields.contains(&field) {
                return Err(SpecError::Unknown {
                    what: format!("field of `{}`", test.metric.id),
                    name: field.to_owned(),
                    near: fields.iter().map(|f| (*f).to_owned()).collect(),
                });
            }
            plan.tests.push(PlannedTest {
                metric,
                field: field.to_owned(),
                labels: test.labels.clone(),
                bound: test.bound.clone(),
                severity: test.severity,
            });
        }
        let specs = plan.metrics.iter().flat_map(|m| m.required());
        let profile = ProfilePlan::new(specs, options).with_segments(&plan.definition.segments);
        plan.profile = Arc::new(profile.prepared(&Preparer::new(&plan.definition.preparation)?));
        Ok(plan)
    }

    /// The place of a metric; `known` are the places by key.
    fn add(&mut self, spec: &MetricSpec, prefix: &str, known: &mut HashMap<String, usize>) -> Result<usize, SpecError> {
        let metric = (find_metric(&spec.id)?.parse)(&spec.params, &self.definition)?;
        let params = serde_json::to_string(&metric.params()).unwrap_or_default();
        let key = format!("{prefix} {} {params}", metric.id());
        Ok(*known.entry(key).or_insert_with_key(|key| {
            self.keys.push(key.clone());
            self.metrics.push(metric);
            self.metrics.len() - 1
        }))
    }

    /// The statistics that windows and reference must supply.
    #[must_use]
    pub fn profile(&self) -> &Arc<ProfilePlan> {
        &self.profile
    }

    /// Columns, kinds, roles and task.
    #[must_use]
    pub fn definition(&self) -> &DataDefinition {
        &self.definition
    }

    /// Prepares a finished profile as the reference of any number of windows.
    #[must_use]
    pub fn reference<'a>(&self, profile: &'a Profile) -> Reference<'a> {
        let alone = Profiles {
            current: profile,
            reference: None,
            reference_windows: 1.0,
            definition: &self.definition,
        };
        let (segments, _) = segments(profile, None);
        let points = |at| {
            if !self.tests.iter().any(|t| t.metric == at) {
                return Vec::new();
            }
            let Found { whole, segments, .. } = self.find(at, &alone, &segments, None);
            let mut points = whole
                .as_ref()
                .as_ref()
                .map_or_else(|_| Vec::new(), |e| e.points.clone());
            points.extend(segments);
            points
        };
        let points = (0..self.metrics.len()).map(points).collect();
        Reference {
            profile,
            windows: 1.0,
            points: Arc::new(points),
            lessons: Arc::new(Lessons::without(
                "the reference was not read window by window, as a job over a project with `data.timestamp` does; give a bound"
                    .to_owned(),
            )),
        }
    }

    /// Says whether the bound of a test is learned from the windows of the reference.
    #[must_use]
    pub fn learns(&self) -> bool {
        self.tests.iter().any(|test| test.bound.is_learned())
    }

    /// Takes in what the tests with learned bounds find in a window of the reference; `reference` is the whole, which spans as
    /// many windows as for the windows to be tested.
    pub fn learn(&self, lessons: &mut Lessons, window: &Profile, reference: &Reference<'_>) {
        let profiles = Profiles {
            current: window,
            reference: Some(reference.profile),
            reference_windows: reference.windows,
            definition: &self.definition,
        };
        let (segments, _) = segments(window, profiles.reference);
        let learning = |at: &usize| self.tests.iter().any(|t| t.metric == *at && t.bound.is_learned());
        let found: Vec<(usize, Found)> = (0..self.metrics.len())
            .filter(learning)
            .map(|at| (at, self.find(at, &profiles, &segments, None)))
            .collect();
        lessons.add(found.iter().flat_map(|(at, found)| {
            let whole = found.whole.as_ref().as_ref();
            let points = whole.map(|e| e.points.as_slice()).unwrap_or_default();
            points.iter().chain(&found.segments).map(|point| (*at, point))
        }));
    }

    /// The result of a metric; kept with the profile, so that a report and a test suite share it.
    fn result(&self, at: usize, profiles: &Profiles<'_>) -> Arc<MetricResult> {
        let reference = profiles.reference.map(|r| r.derived().state());
        let key = format!("{} {reference:?} {:?}", self.keys[at], profiles.reference_windows);
        profiles.current.derived().get(key, || self.metrics[at].run(profiles))
    }

    /// A metric on the whole and on each segment.
    fn find(&self, at: usize, profiles: &Profiles<'_>, segments: &[Segment<'_>], problem: Option<&str>) -> Found {
        let mut found = Found {
            whole: self.result(at, profiles),
            segments: Vec::new(),
            notes: problem.map(str::to_owned).into_iter().collect(),
        };
        let mut without: Vec<String> = Vec::new();
        for segment in segments {
            let Some(part) = segment.profiles(profiles) else {
                continue;
            };
            match self.result(at, &part).as_ref() {
                Ok(evaluation) => {
                    let own = evaluation.points.iter().cloned();
                    found.segments.extend(own.map(|p| p.with(SEGMENT, &*segment.name)));
                }
                // A segment without rows has no values; how many rows it has is told.
                Err(_) if part.current.rows() == 0 => {}
                Err(error) => without.push(format!("`{}` ({error})", segment.name)),
            }
        }
        // What the whole lacks for the same reason is told once.
        if found.whole.is_ok() && !without.is_empty() {
            let more = without.len().saturating_sub(NAMED);
            without.truncate(NAMED);
            let more = if more == 0 {
                String::new()
            } else {
                format!(" and {more} more")
            };
            found
                .notes
                .push(format!("no value for segment {}{more}", without.join(", ")));
        }
        found
    }

    /// Evaluates every metric and test on a finished profile. What cannot be computed fails alone.
    #[must_use]
    pub fn evaluate(&self, current: &Profile, reference: Option<&Reference<'_>>) -> Evaluated {
        let profiles = Profiles {
            current,
            reference: reference.map(|r| r.profile),
            reference_windows: reference.map_or(1.0, |r| r.windows),
            definition: &self.definition,
        };
        let (segments, problems) = segments(current, profiles.reference);
        let problem = (!problems.is_empty()).then(|| problems.join("; "));
        let find = |at| self.find(at, &profiles, &segments, problem.as_deref());
        let results: Vec<Found> = (0..self.metrics.len()).map(find).collect();
        let measurement = |at: &usize, drawn: bool| measurement(&*self.metrics[*at], &results[*at], drawn);
        let measurements = if self.report.is_empty() {
            let mut tested: Vec<usize> = self.tests.iter().map(|t| t.metric).collect();
            tested.sort_unstable();
            tested.dedup();
            tested.iter().map(|at| measurement(at, false)).collect()
        } else {
            self.report.iter().map(|at| measurement(at, true)).collect()
        };
        let tests = self
            .tests
            .iter()
            .flat_map(|test| self.hold(test, &results[test.metric], &profiles, &segments, reference))
            .collect();
        Evaluated { measurements, tests }
    }

    fn hold(
        &self,
        test: &PlannedTest,
        found: &Found,
        profiles: &Profiles<'_>,
        segments: &[Segment<'_>],
        reference: Option<&Reference<'_>>,
    ) -> Vec<TestResult> {
        let metric = &*self.metrics[test.metric];
        let mut params = metric.params();
        let blank = |labels: &Labels, status, message: String| TestResult {
            metric: metric.id().to_owned(),
            params: metric.params(),
            field: test.field.clone(),
            labels: labels.clone(),
            bound: test.bound.clone(),
            observed: None,
            status,
            severity: test.severity,
            message,
        };
        let evaluation = match found.whole.as_ref() {
            Ok(evaluation) => evaluation,
            Err(error @ (EvaluateError::NoReference(_) | EvaluateError::NotEnough(_))) => {
                let labels = subject(metric, &test.labels);
                return vec![blank(&labels, Status::Skipped, format!("not tested: {error}"))];
            }
            Err(error) => {
                let labels = subject(metric, &test.labels);
                return vec![blank(&labels, Status::Error, format!("could not be computed: {error}"))];
            }
        };
        params.extend(evaluation.resolved.clone());
        let matching: Vec<&Point> = matching(
            evaluation.points.iter().chain(&found.segments),
            &test.field,
            &test.labels,
        );
        if matching.is_empty() {
            let points = evaluation.points.iter().chain(&found.segments);
            let message = unmatched(points, &test.field, &test.labels);
            return vec![blank(&test.labels, Status::Skipped, message)];
        }
        let known = reference.map(|r| r.points[test.metric].as_slice()).unwrap_or_default();
        matching
            .into_iter()
            .map(|point| {
                let own = known
                    .iter()
                    .find(|p| p.field == point.field && p.labels == point.labels);
                let own = own.and_then(|p| p.value);
                let segment = point.labels.get(SEGMENT);
                let segment = segment.and_then(|name| segments.iter().find(|s| s.name == *name));
                let own_profiles = segment.and_then(|s| s.profiles(profiles));
                let profiles = own_profiles.as_ref().unwrap_or(profiles);
                let spread = || profiles.reference.and_then(|r| metric.reference_spread(r));
                let bound = if test.bound.is_empty() {
                    let none = if reference.is_some() {
                        "no bound is given and none follows from the reference"
                    } else {
                        UNKNOWN
                    };
                    metric
                        .bound(&point.field, &point.labels, own, profiles)
                        .ok_or_else(|| none.to_owned())
                } else {
                    learned(&test.bound, |how| {
                        let lessons = &reference.ok_or_else(|| UNKNOWN.to_owned())?.lessons;
                        lessons.bounds((test.metric, metric.range(&point.field)), point, how)
                    })
                    .and_then(|bound| resolved(&bound, own, &spread).ok_or_else(|| UNKNOWN.to_owned()))
                };
                let bound = match bound {
                    Ok(bound) => bound,
                    Err(message) => return blank(&point.labels, Status::Skipped, message),
                };
                let name = name(metric.id(), &point.field, &point.labels);
                let Some(observed) = point.value else {
                    let message = format!("{name} is not a number; {}", evaluation.notes.join("; "));
                    return TestResult {
                        bound,
                        ..blank(&point.labels, Status::Error, message)
                    };
                };
                let status = match (bound.holds(observed), test.severity) {
                    (true, _) => Status::Pass,
                    (false, Severity::Critical) => Status::Fail,
                    (false, Severity::Warning) => Status::Warn,
                };
                let message = format!("{name} is {}, expected {}", plain(observed), bound.describe());
                TestResult {
                    params: params.clone(),
                    observed: Some(observed),
                    bound,
                    ..blank(&point.labels, status, message)
                }
            })
            .collect()
    }
}

/// The points of a field that carry the labels (`*` stands for any value); of those the ones with fewest labels, so that
/// a test without labels holds the whole and not each class.
fn matching<'p>(points: impl Iterator<Item = &'p Point>, field: &str, labels: &Labels) -> Vec<&'p Point> {
    let carries = |p: &Point| {
        labels
            .iter()
            .all(|(k, v)| p.labels.get(k).is_some_and(|own| v == "*" || own == v))
    };
    let all: Vec<&Point> = points.filter(|p| p.field == field && carries(p)).collect();
    let fewest = all.iter().map(|p| p.labels.len()).min().unwrap_or(0);
    all.into_iter().filter(|p| p.labels.len() == fewest).collect()
}

/// Why no point of a field carries the labels that a test asks for, with those that there are.
fn unmatched<'p>(points: impl Iterator<Item = &'p Point>, field: &str, labels: &Labels) -> String {
    let own: Vec<&Point> = points.filter(|p| p.field == field).collect();
    let lacking = labels.iter().find_map(|(label, wanted)| {
        let known: BTreeSet<&str> = own
            .iter()
            .filter_map(|p| p.labels.get(label))
            .map(String::as_str)
            .collect();
        (!known.contains(wanted.as_str()) && (wanted != "*" || known.is_empty())).then_some((label, wanted, known))
    });
    match lacking {
        Some((label, _, known)) if known.is_empty() => {
            format!("no point `{field}` has a label `{label}` in this window")
        }
        Some((label, wanted, known)) => {
            let mut named: Vec<String> = known.iter().take(NAMED).map(|v| format!("`{v}`")).collect();
            if known.len() > NAMED {
                named.push(format!("{} more", known.len() - NAMED));
            }
            format!(
                "no point `{field}` with {label} `{wanted}` in this window, there are {}",
                named.join(", ")
            )
        }
        None if labels.is_empty() => format!("no point `{field}` in this window"),
        None => {
            let wanted: Vec<String> = labels.iter().map(|(k, v)| format!("{k} `{v}`")).collect();
            format!("no point `{field}` with {} in this window", wanted.join(", "))
        }
    }
}

/// The labels of a test whose metric has no points: those asked for, and the column that the metric is about.
fn subject(metric: &dyn DynMetric, labels: &Labels) -> Labels {
    let mut labels = labels.clone();
    if let Some(column) = metric.params().get("column").and_then(|c| c.as_str()) {
        labels.insert("column".to_owned(), column.to_owned());
    }
    labels
}

fn name(id: &str, field: &str, labels: &Labels) -> String {
    let about: Vec<String> = labels
        .iter()
        .map(|(label, value)| {
            if label == "column" {
                format!("`{value}`")
            } else {
                format!("{label} `{value}`")
            }
        })
        .collect();
    let field = if field == "value" {
        String::new()
    } else {
        format!(" {field}")
    };
    if about.is_empty() {
        format!("{id}{field}")
    } else {
        format!("{id}{field} of {}", about.join(", "))
    }
}

/// A number for people: six significant digits, no trailing zeros.
fn plain(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{value:.2e}");
    }
    let digits = if size >= 1.0 {
        5 - size.log10().floor() as i32
    } else {
        6
    };
    let text = format!("{value:.*}", digits.clamp(0, 6) as usize);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Why a bound on a value of the reference has none.
const UNKNOWN: &str = "the bound follows from a reference, and there is no such value; give a bound or a reference";

/// A bound whose learned thresholds have become numbers.
fn learned(bound: &Bound, bounds: impl Fn(Learned) -> Result<(Threshold, Threshold), String>) -> Result<Bound, String> {
    let mut settled = bound.clone();
    if let Some(Threshold::Learned { learned }) = bound.eq {
        let (lower, upper) = bounds(learned)?;
        settled.eq = None;
        (settled.gte, settled.lte) = (Some(lower), Some(upper));
    }
    for (threshold, is_lower) in [
        (&mut settled.gt, true),
        (&mut settled.gte, true),
        (&mut settled.lt, false),
        (&mut settled.lte, false),
    ] {
        if let Some(Threshold::Learned { learned }) = *threshold {
            let (lower, upper) = bounds(learned)?;
            *threshold = Some(if is_lower { lower } else { upper });
        }
    }
    Ok(settled)
}

/// A bound whose thresholds on the reference have become numbers; `None` if the reference has no such value.
fn resolved(bound: &Bound, reference: Option<f64>, spread: &dyn Fn() -> Option<f64>) -> Option<Bound> {
    let settle = |threshold: &Option<Threshold>| match threshold {
        Some(Threshold::Reference { reference: tolerance }) => {
            let value = reference?;
            let sigmas = if tolerance.sigmas > 0.0 {
                tolerance.sigmas * spread()?
            } else {
                0.0
            };
            let absolute = tolerance.absolute.max(sigmas);
            Some(Some(Threshold::Approx {
                approx: Approx {
                    value,
                    relative: tolerance.relative,
                    absolute,
                },
            }))
        }
        other => Some(other.clone()),
    };
    Some(Bound {
        eq: settle(&bound.eq)?,
        not_eq: settle(&bound.not_eq)?,
        gt: settle(&bound.gt)?,
        gte: settle(&bound.gte)?,
        lt: settle(&bound.lt)?,
        lte: settle(&bound.lte)?,
        is_in: bound.is_in.clone(),
        not_in: bound.not_in.clone(),
    })
}

fn measurement(metric: &dyn DynMetric, found: &Found, drawn: bool) -> Measurement {
    let mut params = metric.params();
    match found.whole.as_ref() {
        Ok(evaluation) => {
            params.extend(evaluation.resolved.clone());
            let mut notes = evaluation.notes.clone();
            if notes.is_empty() && evaluation.points.iter().any(|p| p.value.is_none()) {
                notes.push("a value is null because it is not a finite number".to_owned());
            }
            notes.extend(found.notes.iter().cloned());
            Measurement {
                id: metric.id().to_owned(),
                params,
                exact: evaluation.exact,
                notes,
                points: evaluation.points.iter().chain(&found.segments).cloned().collect(),
                detail: evaluation.detail.clone().filter(|_| drawn),
                error: None,
            }
        }
        Err(error) => Measurement {
            id: metric.id().to_owned(),
            params,
            exact: true,
            notes: found.notes.clone(),
            points: found.segments.clone(),
            detail: None,
            error: Some(MeasurementError {
                code: error.code().to_owned(),
                message: error.to_string(),
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let shown = [0.0, 0.25, 12.345_678, 123_456.7, -0.5, 1e-9, 1e20, 30.0];
        assert_eq!(
            shown.map(plain),
            ["0", "0.25", "12.3457", "123457", "-0.5", "1.00e-9", "1.00e20", "30"]
        );
    }

    #[test]
    fn the_whole_is_tested_before_its_parts() {
        let points = [Point::new("value", 1.0), Point::new("value", 2.0).with("class", "a")];
        let labels = |class: &str| Labels::from([("class".to_owned(), class.to_owned())]);
        assert_eq!(matching(points.iter(), "value", &Labels::new())[0].value, Some(1.0));
        assert_eq!(matching(points.iter(), "value", &labels("*"))[0].value, Some(2.0));
        assert!(matching(points.iter(), "value", &labels("b")).is_empty());
    }

    #[test]
    fn a_label_that_no_point_has_is_told_with_those_that_there_are() {
        let classes = ["a", "b", "c", "d", "e"].map(|class| Point::new("value", 1.0).with("class", class));
        let told = |label: &str, value: &str| {
            let labels = Labels::from([(label.to_owned(), value.to_owned())]);
            unmatched(classes.iter(), "value", &labels)
        };
        assert_eq!(
            told("class", "x"),
            "no point `value` with class `x` in this window, there are `a`, `b`, `c`, 2 more"
        );
        assert_eq!(
            told("column", "x"),
            "no point `value` has a label `column` in this window"
        );
        assert_eq!(
            unmatched(classes.iter(), "share", &Labels::new()),
            "no point `share` in this window"
        );
    }
}

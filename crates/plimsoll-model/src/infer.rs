//! What names and values of columns suggest, wherever the rows come from.

use crate::{ColumnKind, Role};

/// Texts with at most this many different values are categories whatever their share.
const FEW: u64 = 50;

/// The kind of a text column by how many of its present values differ.
///
/// # Examples
/// ```
/// use plimsoll_model::{ColumnKind, kind_of_text};
/// assert_eq!(kind_of_text(3, 3), ColumnKind::Categorical);
/// assert_eq!(kind_of_text(60, 100), ColumnKind::Text);
/// ```
#[must_use]
pub fn kind_of_text(distinct: u64, present: u64) -> ColumnKind {
    if distinct > FEW && distinct * 2 > present {
        ColumnKind::Text
    } else {
        ColumnKind::Categorical
    }
}

/// The part that a column's name and values suggest; `moments` says that its values are points in time, `unique` that
/// all differ.
///
/// # Examples
/// ```
/// use plimsoll_model::{ColumnKind, Role, role_of_name};
/// assert_eq!(role_of_name("loan_id", ColumnKind::Numeric, false, true), Some(Role::Id));
/// assert_eq!(role_of_name("age", ColumnKind::Numeric, false, false), None);
/// ```
#[must_use]
pub fn role_of_name(name: &str, kind: ColumnKind, moments: bool, unique: bool) -> Option<Role> {
    let name = name.to_lowercase();
    let is = |names: &[&str]| names.contains(&name.as_str());
    let time_name = is(&[
        "timestamp",
        "ts",
        "time",
        "datetime",
        "date",
        "event_time",
        "created_at",
    ]);
    if time_name && (moments || kind == ColumnKind::Numeric) || moments && name.contains("timestamp") {
        Some(Role::Timestamp)
    } else if unique && (is(&["id", "uuid"]) || name.ends_with("_id")) {
        Some(Role::Id)
    } else if is(&["target", "label", "y", "y_true", "truth", "actual"]) {
        Some(Role::Target)
    } else if is(&["prediction", "pred", "y_pred", "predicted", "y_hat"]) {
        Some(Role::Prediction)
    } else if kind == ColumnKind::Numeric && (is(&["score", "probability", "proba"]) || name.ends_with("_proba")) {
        Some(Role::Score(None))
    } else {
        None
    }
}

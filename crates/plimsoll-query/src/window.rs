//! The window of a row, as a DataFusion function.

use std::sync::Arc;

use arrow::{array::UInt32Array, datatypes::DataType};
use datafusion::{
    common::{Result, exec_err},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};
use jiff::tz::TimeZone;

use crate::time::event_times;

/// `window(timestamp)`: the index of the window that holds the row's event time, null outside all windows.
#[derive(Debug, PartialEq, Eq, Hash)]
struct WindowIndex {
    /// Starts and ends of the windows, in microseconds since the Unix epoch, ascending.
    windows: Arc<[(i64, i64)]>,
    timezone: Zone,
    signature: Signature,
}

/// A time zone that is compared by its name.
#[derive(Debug)]
struct Zone(TimeZone);

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Zone {}

impl std::hash::Hash for Zone {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.iana_name().hash(state);
    }
}

/// The function for a list of windows.
pub(crate) fn window_index(windows: Arc<[(i64, i64)]>, timezone: &TimeZone) -> ScalarUDF {
    ScalarUDF::new_from_impl(WindowIndex {
        windows,
        timezone: Zone(timezone.clone()),
        signature: Signature::any(1, Volatility::Immutable),
    })
}

/// The window of each moment, of windows that ascend and do not overlap; `None` outside all of them.
pub(crate) fn windows_of(moments: &[Option<i64>], windows: &[(i64, i64)]) -> impl Iterator<Item = Option<u32>> {
    // Rows mostly come in the order of time, so the window of the row before is tried first.
    let mut last = 0;
    moments.iter().map(move |moment| {
        let moment = (*moment)?;
        let (start, end) = *windows.get(last)?;
        if !(start..end).contains(&moment) {
            let at = windows.partition_point(|(_, end)| *end <= moment);
            let (start, _) = *windows.get(at)?;
            if moment < start {
                return None;
            }
            last = at;
        }
        Some(last as u32)
    })
}

impl ScalarUDFImpl for WindowIndex {
    fn name(&self) -> &'static str {
        "plimsoll_window"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(times) = event_times(&arrays[0], &self.timezone.0) else {
            return exec_err!("a column of type {} holds no moments", arrays[0].data_type());
        };
        let index: UInt32Array = windows_of(&times.micros, &self.windows).collect();
        Ok(ColumnarValue::Array(Arc::new(index)))
    }
}

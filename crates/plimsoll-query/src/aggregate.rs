//! The Profile as a DataFusion aggregate function.

use std::{
    hash::{Hash, Hasher},
    mem::size_of_val,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, LargeBinaryArray},
    compute::filter,
    datatypes::{DataType, Field, FieldRef},
};
use datafusion::{
    common::{Result, ScalarValue, exec_datafusion_err},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use plimsoll_engine::{Batch, Profile, ProfilePlan, by_group};

/// Rows that the aggregate has read; compared by identity.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowCounter(Arc<AtomicU64>);

impl RowCounter {
    pub fn add(&self, rows: usize) {
        self.0.fetch_add(rows as u64, Ordering::Relaxed);
    }

    pub fn rows(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl PartialEq for RowCounter {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for RowCounter {}

impl Hash for RowCounter {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

/// `profile(columns…)`: the bytes of the Profile of each group.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ProfileAggregate {
    plan: Arc<ProfilePlan>,
    /// Names of the arguments.
    columns: Arc<[String]>,
    counter: RowCounter,
    signature: Signature,
}

/// The Profile of `columns` as an aggregate function; its value is what [`Profile::to_bytes`] writes.
#[must_use]
pub fn profile_aggregate(plan: &Arc<ProfilePlan>, columns: &[String]) -> AggregateUDF {
    counted(plan, columns, RowCounter::default())
}

pub(crate) fn counted(plan: &Arc<ProfilePlan>, columns: &[String], counter: RowCounter) -> AggregateUDF {
    AggregateUDF::new_from_impl(ProfileAggregate {
        plan: Arc::clone(plan),
        columns: columns.into(),
        counter,
        signature: Signature::variadic_any(Volatility::Immutable),
    })
}

impl ProfileAggregate {
    fn groups(&self) -> ProfileGroups {
        ProfileGroups {
            plan: Arc::clone(&self.plan),
            columns: Arc::clone(&self.columns),
            counter: self.counter.clone(),
            profiles: Vec::new(),
        }
    }
}

impl AggregateUDFImpl for ProfileAggregate {
    fn name(&self) -> &'static str {
        "plimsoll_profile"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::LargeBinary)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(
            format!("{}[profile]", args.name),
            DataType::LargeBinary,
            true,
        ))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneGroup(self.groups())))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.groups()))
    }
}

/// One Profile a group.
struct ProfileGroups {
    plan: Arc<ProfilePlan>,
    columns: Arc<[String]>,
    counter: RowCounter,
    profiles: Vec<Profile>,
}

impl ProfileGroups {
    fn grow(&mut self, groups: usize) {
        while self.profiles.len() < groups {
            self.profiles.push(Profile::empty(&self.plan));
        }
    }

    fn emit(&mut self, emit_to: EmitTo) -> Vec<Vec<u8>> {
        let mut taken = emit_to.take_needed(&mut self.profiles);
        taken
            .iter_mut()
            .map(|profile| {
                profile.finish();
                profile.to_bytes()
            })
            .collect()
    }

    fn array(bytes: Vec<Vec<u8>>) -> ArrayRef {
        Arc::new(LargeBinaryArray::from_iter_values(bytes))
    }
}

impl GroupsAccumulator for ProfileGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.grow(total_num_groups);
        self.counter.add(group_indices.len());
        let columns = Arc::clone(&self.columns);
        let profiles = &mut self.profiles;
        let each = |group: usize, arrays: &[ArrayRef]| profiles[group].update(&Batch::new(&columns, arrays));
        match opt_filter {
            None => by_group(values, group_indices, each)?,
            Some(mask) => {
                let kept: Vec<ArrayRef> = values.iter().map(|v| filter(v, mask)).collect::<Result<_, _>>()?;
                let groups: Vec<usize> = group_indices
                    .iter()
                    .zip(mask)
                    .filter(|(_, keep)| *keep == Some(true))
                    .map(|(g, _)| *g)
                    .collect();
                by_group(&kept, &groups, each)?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(Self::array(self.emit(emit_to)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![Self::array(self.emit(emit_to))])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.grow(total_num_groups);
        for (bytes, group) in values[0].as_binary::<i64>().iter().zip(group_indices) {
            let Some(bytes) = bytes else { continue };
            let part = Profile::from_bytes(&self.plan, bytes).map_err(|e| exec_datafusion_err!("{e}"))?;
            self.profiles[*group]
                .merge(part)
                .map_err(|e| exec_datafusion_err!("{e}"))?;
        }
        Ok(())
    }

    /// Each row as a state of its own.
    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, arrow::array::Array::len);
        let states = (0..rows).map(|row| {
            let mut profile = Profile::empty(&self.plan);
            if opt_filter.is_none_or(|mask| mask.is_valid(row) && mask.value(row)) {
                let one: Vec<ArrayRef> = values.iter().map(|v| v.slice(row, 1)).collect();
                profile.update(&Batch::new(&self.columns, &one));
            }
            profile.finish();
            profile.to_bytes()
        });
        Ok(vec![Self::array(states.collect())])
    }

    fn size(&self) -> usize {
        size_of_val(self.profiles.as_slice())
    }
}

/// The aggregate without groups.
struct OneGroup(ProfileGroups);

impl std::fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneGroup").finish_non_exhaustive()
    }
}

impl OneGroup {
    fn bytes(&mut self) -> ScalarValue {
        self.0.grow(1);
        ScalarValue::LargeBinary(self.0.emit(EmitTo::All).pop())
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, arrow::array::Array::len);
        self.0.update_batch(values, &vec![0; rows], None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.bytes())
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.bytes()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states.first().map_or(0, arrow::array::Array::len);
        self.0.merge_batch(states, &vec![0; rows], 1)
    }
}

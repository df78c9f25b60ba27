//! Aggregate expressions of SQL as mergeable states, by DataFusion.

use std::{
    collections::BTreeSet,
    fmt,
    io::Cursor,
    sync::{Arc, OnceLock},
};

use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions},
        compute::{cast, filter_record_batch},
        datatypes::{DataType, Field, Float64Type, Schema, SchemaRef, TimeUnit},
        ipc::{reader::StreamReader, writer::StreamWriter},
    },
    common::{
        DFSchema, DFSchemaRef,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    datasource::{MemTable, provider_as_source},
    error::{DataFusionError, Result},
    execution::{SessionState, SessionStateBuilder, context::ExecutionProps},
    logical_expr::{
        Accumulator, Expr, LogicalPlan, LogicalPlanBuilder, physical_planning_context::PhysicalPlanningContext,
        utils::find_aggregate_exprs,
    },
    physical_expr::{PhysicalExpr, aggregate::LoweredAggregateBuilder, create_physical_expr},
    scalar::ScalarValue,
};
use plimsoll_engine::{SqlEngine, SqlState, set_sql_engine};
use plimsoll_model::{ColumnKind, DataDefinition};

/// Name that rows have in an expression.
const ROWS: &str = "rows";

/// Lets metrics use SQL. Called before a plan is made; more than once is as good as once.
pub fn enable_sql() {
    static ENABLED: OnceLock<()> = OnceLock::new();
    ENABLED.get_or_init(|| {
        let state = SessionStateBuilder::new().with_default_features().build();
        set_sql_engine(Arc::new(DataFusionSql { state }));
    });
}

/// What an expression of SQL is computed with.
struct DataFusionSql {
    state: SessionState,
}

impl fmt::Debug for DataFusionSql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataFusionSql").finish_non_exhaustive()
    }
}

/// One aggregate function of an expression.
#[derive(Debug)]
struct Aggregate {
    function: Arc<datafusion::physical_expr::aggregate::AggregateFunctionExpr>,
    arguments: Vec<Arc<dyn PhysicalExpr>>,
    filter: Option<Arc<dyn PhysicalExpr>>,
    accumulator: Box<dyn Accumulator>,
}

/// The running state of an expression: its aggregate functions, and what becomes of their results.
#[derive(Debug)]
struct State {
    rows: SchemaRef,
    aggregates: Vec<Aggregate>,
    results: SchemaRef,
    result: Arc<dyn PhysicalExpr>,
}

/// The type as which a column is read.
fn type_of(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Numeric => DataType::Float64,
        ColumnKind::Boolean => DataType::Boolean,
        ColumnKind::Datetime => DataType::Timestamp(TimeUnit::Millisecond, None),
        ColumnKind::Categorical | ColumnKind::Text | ColumnKind::Embedding | ColumnKind::List => DataType::Utf8,
    }
}

fn schema<'c>(columns: impl Iterator<Item = (&'c str, ColumnKind)>) -> SchemaRef {
    let field = |(name, kind): (&str, ColumnKind)| Field::new(name, type_of(kind), true);
    Arc::new(Schema::new(columns.map(field).collect::<Vec<_>>()))
}

/// The first line of a message, without the words that wrap it.
fn plain(error: &DataFusionError) -> String {
    let message = error.strip_backtrace();
    let first = message.lines().next().unwrap_or_default();
    let wraps = [
        "Error during planning: ",
        "Schema error: ",
        "SQL error: ",
        "This feature is not implemented: ",
    ];
    wraps
        .iter()
        .fold(first, |text, wrap| text.trim_start_matches(wrap))
        .to_owned()
}

impl DataFusionSql {
    /// The plan of an expression: a projection of aggregates over the rows, with types that fit.
    fn plan(&self, expression: &str, schema: &SchemaRef) -> Result<LogicalPlan> {
        let table = provider_as_source(Arc::new(MemTable::try_new(Arc::clone(schema), vec![Vec::new()])?));
        let rows = LogicalPlanBuilder::scan(ROWS, table, None)?.build()?;
        let parsed = self.state.create_logical_expr(expression, rows.schema())?;
        let aggregates = find_aggregate_exprs(std::iter::once(&parsed));
        if aggregates.is_empty() {
            let message = "aggregates nothing, expected an expression such as `avg(amount)`".to_owned();
            return Err(DataFusionError::Plan(message));
        }
        let aggregated = LogicalPlanBuilder::from(rows)
            .aggregate(Vec::<Expr>::new(), aggregates.clone())?
            .build()?;
        let columns = aggregated.schema().columns();
        let projected = parsed.transform_down(|expr| {
            Ok(match aggregates.iter().position(|a| *a == expr) {
                Some(at) => Transformed::new(Expr::Column(columns[at].clone()), true, TreeNodeRecursion::Jump),
                None => Transformed::no(expr),
            })
        })?;
        let plan = LogicalPlanBuilder::from(aggregated)
            .project([projected.data.alias("value")])?
            .build()?;
        self.state
            .analyzer()
            .execute_and_check(plan, self.state.config_options(), |_, _| {})
    }

    fn state(&self, expression: &str, rows: SchemaRef) -> Result<State> {
        let plan = self.plan(expression, &rows)?;
        let unexpected = || DataFusionError::Plan("is no expression of aggregates".to_owned());
        let LogicalPlan::Projection(projection) = &plan else {
            return Err(unexpected());
        };
        let (LogicalPlan::Aggregate(aggregate), [value]) = (projection.input.as_ref(), &projection.expr[..]) else {
            return Err(unexpected());
        };
        let props = ExecutionProps::new();
        let context = PhysicalPlanningContext::default();
        let input: &DFSchemaRef = aggregate.input.schema();
        let lowered = |expr: &Expr| {
            let lowered = LoweredAggregateBuilder::new(expr, input, input.as_arrow(), &props, &context).build()?;
            if !lowered.order_bys.is_empty() {
                let message = "orders the rows within an aggregate, which a stream cannot".to_owned();
                return Err(DataFusionError::Plan(message));
            }
            Ok(Aggregate {
                arguments: lowered.aggregate.expressions(),
                accumulator: lowered.aggregate.create_accumulator()?,
                function: lowered.aggregate,
                filter: lowered.filter,
            })
        };
        let results: &DFSchema = &aggregate.schema;
        Ok(State {
            rows,
            aggregates: aggregate.aggr_expr.iter().map(lowered).collect::<Result<_>>()?,
            results: Arc::clone(results.inner()),
            result: create_physical_expr(value, results, &props, &context)?,
        })
    }
}

impl SqlEngine for DataFusionSql {
    fn columns(
        &self,
        expression: &str,
        definition: &DataDefinition,
    ) -> std::result::Result<Vec<(String, ColumnKind)>, String> {
        let all = schema(definition.columns.iter().map(|c| (c.name.as_str(), c.kind)));
        let plan = self.plan(expression, &all).map_err(|e| plain(&e))?;
        let mut read: BTreeSet<String> = BTreeSet::new();
        let collected = plan.apply(|node| {
            if let LogicalPlan::Aggregate(aggregate) = node {
                read.extend(
                    aggregate
                        .aggr_expr
                        .iter()
                        .flat_map(|e| e.column_refs())
                        .map(|c| c.name.clone()),
                );
            }
            Ok(TreeNodeRecursion::Continue)
        });
        collected.map_err(|e| plain(&e))?;
        let own = definition.columns.iter().filter(|c| read.contains(&c.name));
        let mut columns: Vec<(String, ColumnKind)> = own.map(|c| (c.name.clone(), c.kind)).collect();
        columns.sort();
        if columns.is_empty() {
            // `count(*)` reads no column, but rows come as columns.
            columns.extend(definition.columns.first().map(|c| (c.name.clone(), c.kind)));
        }
        // What cannot be run is told now, not with each window.
        self.open(expression, &columns)?.into_value()?;
        Ok(columns)
    }

    fn open(
        &self,
        expression: &str,
        columns: &[(String, ColumnKind)],
    ) -> std::result::Result<Box<dyn SqlState>, String> {
        let rows = schema(columns.iter().map(|(name, kind)| (name.as_str(), *kind)));
        let state = self.state(expression, rows).map_err(|e| plain(&e))?;
        Ok(Box::new(state))
    }
}

impl State {
    fn take(&mut self, columns: &[ArrayRef], rows: usize) -> Result<()> {
        let fields = self.rows.fields().iter();
        let typed = fields
            .zip(columns)
            .map(|(field, column)| Ok(cast(column, field.data_type())?));
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.rows), typed.collect::<Result<_>>()?, &options)?;
        for aggregate in &mut self.aggregates {
            let kept = match &aggregate.filter {
                None => batch.clone(),
                Some(filter) => {
                    let keep = filter.evaluate(&batch)?.into_array(batch.num_rows())?;
                    filter_record_batch(&batch, keep.as_boolean())?
                }
            };
            let values = aggregate.arguments.iter();
            let values = values.map(|a| a.evaluate(&kept)?.into_array(kept.num_rows()));
            aggregate
                .accumulator
                .update_batch(&values.collect::<Result<Vec<_>>>()?)?;
        }
        Ok(())
    }

    /// One row with the states of all functions, in their order.
    fn row(mut self) -> Result<RecordBatch> {
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (at, aggregate) in self.aggregates.iter_mut().enumerate() {
            for (place, value) in aggregate.accumulator.state()?.into_iter().enumerate() {
                fields.push(Field::new(format!("{at} {place}"), value.data_type(), true));
                columns.push(value.to_array()?);
            }
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }

    fn written(self) -> Result<Vec<u8>> {
        let row = self.row()?;
        let mut bytes = Vec::new();
        let mut writer = StreamWriter::try_new(&mut bytes, &row.schema())?;
        writer.write(&row)?;
        writer.finish()?;
        drop(writer);
        Ok(bytes)
    }

    fn read(&mut self, bytes: &[u8]) -> Result<()> {
        let damaged = || DataFusionError::Plan("the stored state is of another expression".to_owned());
        let mut columns: Vec<ArrayRef> = Vec::new();
        for row in StreamReader::try_new(Cursor::new(bytes), None)? {
            columns = row?.columns().to_vec();
        }
        for aggregate in &mut self.aggregates {
            let width = aggregate.function.state_fields()?.len();
            if columns.len() < width {
                return Err(damaged());
            }
            let rest = columns.split_off(width);
            aggregate.accumulator.merge_batch(&columns)?;
            columns = rest;
        }
        if columns.is_empty() { Ok(()) } else { Err(damaged()) }
    }

    fn value(mut self) -> Result<Option<f64>> {
        let results = self.aggregates.iter_mut().map(|a| a.accumulator.evaluate()?.to_array());
        let row = RecordBatch::try_new(Arc::clone(&self.results), results.collect::<Result<_>>()?)?;
        let value = self.result.evaluate(&row)?.into_array(1)?;
        let number = match value.data_type() {
            t if t.is_numeric() || matches!(t, DataType::Boolean | DataType::Null) => {
                ScalarValue::try_from_array(&cast(&value, &DataType::Float64)?, 0)?
            }
            other => {
                let message = format!("gives {other}, expected a number");
                return Err(DataFusionError::Plan(message));
            }
        };
        Ok(match number {
            ScalarValue::Float64(value) => value,
            _ => value.as_primitive_opt::<Float64Type>().map(|v| v.value(0)),
        })
    }
}

impl SqlState for State {
    fn update(&mut self, columns: &[ArrayRef], rows: usize) -> std::result::Result<(), String> {
        self.take(columns, rows).map_err(|e| plain(&e))
    }

    fn merge(&mut self, bytes: &[u8]) -> std::result::Result<(), String> {
        self.read(bytes).map_err(|e| plain(&e))
    }

    fn into_bytes(self: Box<Self>) -> std::result::Result<Vec<u8>, String> {
        self.written().map_err(|e| plain(&e))
    }

    fn into_value(self: Box<Self>) -> std::result::Result<Option<f64>, String> {
        self.value().map_err(|e| plain(&e))
    }
}

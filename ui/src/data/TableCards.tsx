// Tables of the data page: what was refused, what changed, the columns, some rows.

import type { ColumnSpec, DataSample, ProjectData, Role, SchemaChangeKind } from "../api/schema";
import { Card } from "../components/Card";
import { Icon } from "../components/Icon";
import { inline } from "../components/inline";
import type { Loaded } from "../components/loaded";
import { Empty } from "../components/Message";
import { formatCountExactly, formatNumber, MISSING } from "../format/number";
import { formatMoment } from "../format/time";

export function RejectsCard({ state, zone }: { state: Loaded<ProjectData>; zone: string }) {
  return (
    <Card title="Refused rows" note="by reason" state={state} span={6} empty={(data) => (data.rejects.length === 0 ? <Empty>No row was refused. A row without a readable time or without its id would be counted here, with the reason.</Empty> : null)}>
      {(data) => (
        <div className="table-scroll tall">
          <table className="compact" aria-label="Refused rows by reason">
            <thead><tr><th scope="col">Reason</th><th scope="col">Column</th><th scope="col" className="num">Rows</th><th scope="col">Latest</th></tr></thead>
            <tbody>
              {data.rejects.map((r) => (
                <tr key={`${r.reason} ${r.column ?? ""}`}>
                  <th scope="row"><code>{r.reason}</code><p className="example">{inline(r.example)}</p></th>
                  <td>{r.column ?? MISSING}</td>
                  <td className="num">{formatCountExactly(r.count)}</td>
                  <td className="muted nowrap">{formatMoment(r.last_at, zone)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

const CHANGE_WORD: Record<SchemaChangeKind, string> = { new: "not described", type: "other kind" };

export function SchemaChangesCard({ state, zone }: { state: Loaded<ProjectData>; zone: string }) {
  return (
    <Card title="Changes of the schema" state={state} span={6} empty={(data) => (data.schema_changes.length === 0 ? <Empty>All columns are as described. New columns and values of another kind would be listed here; their rows are kept.</Empty> : null)}>
      {(data) => (
        <div className="table-scroll tall">
          <table className="compact" aria-label="Changes of the schema">
            <thead><tr><th scope="col">Column</th><th scope="col">Change</th><th scope="col">Expected</th><th scope="col">Found</th><th scope="col" className="num">Rows</th><th scope="col">Latest</th></tr></thead>
            <tbody>
              {data.schema_changes.map((c) => (
                <tr key={`${c.column} ${c.change} ${c.found}`}>
                  <th scope="row">{c.column}</th>
                  <td><span className="status status-warn"><Icon name="warn" size={13} />{CHANGE_WORD[c.change]}</span></td>
                  <td className="muted">{c.expected === "" ? MISSING : c.expected}</td>
                  <td>{c.found}</td>
                  <td className="num">{formatCountExactly(c.rows)}</td>
                  <td className="muted nowrap" data-tip={`${c.column}\nfirst ${formatMoment(c.first_at, zone)}\nlatest ${formatMoment(c.last_at, zone)}`}>{formatMoment(c.last_at, zone)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

/** A role in words: `score of yes`. */
export function roleText(role: Role): string {
  if (typeof role === "string") return role;
  return role.score === null ? "score" : `score of ${role.score}`;
}

export function ColumnsCard({ state, span }: { state: Loaded<ProjectData>; span: number }) {
  return (
    <Card title="Columns" {...(state.state === "full" ? { note: `${state.data.columns.length}` } : {})} state={state} span={span} empty={(data) => (data.columns.length === 0 ? <Empty command="plimsoll inspect FILE">Columns are known from the first rows. This prints those of a file:</Empty> : null)}>
      {(data) => (
        <div className="table-scroll tall">
          <table className="compact" aria-label="Columns, kinds and roles">
            <thead><tr><th scope="col">Column</th><th scope="col">Kind</th><th scope="col">Role</th></tr></thead>
            <tbody>{data.columns.map((c: ColumnSpec) => <tr key={c.name}><th scope="row">{c.name}</th><td className="muted">{c.kind}</td><td>{c.role === "feature" ? <span className="muted">feature</span> : roleText(c.role)}</td></tr>)}</tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return MISSING;
  if (typeof value === "number") return formatNumber(value, 6);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function SampleCard({ state }: { state: Loaded<DataSample> }) {
  return (
    <Card
      title="Latest rows"
      state={state}
      span={8}
      empty={(data) => (data.rows.length === 0 ? <Empty>No row is stored yet.</Empty> : null)}
    >
      {(data) => (
        <div className="table-scroll tall">
          <table className="compact sample" aria-label="Latest rows">
            <thead><tr>{data.columns.map((c) => <th scope="col" key={c} className={data.rows.some((r) => typeof r[data.columns.indexOf(c)] === "number") ? "num" : undefined}>{c}</th>)}</tr></thead>
            <tbody>
              {data.rows.map((row, i) => <tr key={i}>{data.columns.map((c, j) => <td key={c} className={typeof row[j] === "number" ? "num" : row[j] === null ? "muted" : undefined}>{cell(row[j])}</td>)}</tr>)}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

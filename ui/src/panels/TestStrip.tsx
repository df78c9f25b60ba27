// Tests by windows: one row a test, one cell a window.

import { Link } from "react-router";
import type { TestHistoryRow } from "../api/schema";
import { Icon } from "../components/Icon";
import { StatusStrip } from "../components/StatusStrip";
import { paramText, unitOf } from "../format/metric";
import { formatValue } from "../format/number";
import { formatWindow } from "../format/time";
import { boundText } from "../model/bounds";
import { STATUS_WORD } from "../model/status";
import { testSubject } from "../model/verdict";
import type { PanelContext, PanelProps } from "./types";

const MOST = 120;

/** Identifies a test in an address. */
export const testKey = (t: Pick<TestHistoryRow, "metric" | "field" | "labels">): string =>
  [t.metric, t.field, ...Object.values(t.labels)].join(" ");

function Row({ row, windows, context }: { row: TestHistoryRow; windows: readonly string[]; context: PanelContext }) {
  const unit = unitOf(row.metric, row.field, row.params);
  const last = row.cells.at(-1);
  const failed = row.cells.filter((c) => c.status === "fail" || c.status === "error" || c.status === "warn").length;
  const cells = new Map(row.cells.map((c) => [c.start, c]));
  const name = testSubject(row);
  const link = { column: row.labels.column, test: testKey(row) };
  return (
    <tr>
      <th scope="row" className="test-name" title={paramText(row.params)}>
        {last ? <Link to={context.href(last.snapshot, link)}>{name}</Link> : name}
        <span className="muted"> {boundText(row.bound, unit)}</span>
      </th>
      <td className="num">{last && <span className={`status status-${last.status}`}><Icon name={last.status} size={13} /><span className="visually-hidden">{STATUS_WORD[last.status]} </span>{formatValue(last.observed, unit)}</span>}</td>
      <td className="test-cells">
        <StatusStrip
          label={`${name}: outcomes by window`}
          height={18}
          bars={windows.map((start) => {
            const c = cells.get(start);
            if (!c) return { key: start, status: "empty", label: formatWindow({ start, end: start }, context.zone) };
            const at = formatWindow(c, context.zone);
            return { key: start, status: c.status, label: at, more: `${name}: ${STATUS_WORD[c.status]}\nfound ${formatValue(c.observed, unit)}, expected ${boundText(row.bound, unit)}`, to: context.href(c.snapshot, link) };
          })}
        />
      </td>
      <td className="num muted">{failed}/{row.cells.length}</td>
    </tr>
  );
}

export function TestStrip({ panel, data, context }: PanelProps<"tests">) {
  const rows = data.history.rows;
  const monitors = [...new Set(rows.map((r) => r.monitor))];
  return (
    <div className="scroll">
      {monitors.map((monitor) => {
        const own = rows.filter((r) => r.monitor === monitor);
        const windows = [...new Set(own.flatMap((r) => r.cells.map((c) => c.start)))].toSorted().slice(-MOST);
        return (
          <table key={monitor} className="tests-table" aria-label={`${panel.title}, ${monitor}`}>
            <thead>
              <tr>
                <th scope="col">Test{monitors.length > 1 ? ` (${monitor})` : ""}</th>
                <th scope="col" className="num">Latest</th>
                <th scope="col">Last {windows.length} windows</th>
                <th scope="col" className="num">Missed</th>
              </tr>
            </thead>
            <tbody>
              {own.map((row) => <Row key={`${testKey(row)} ${paramText(row.params)}`} row={row} windows={windows} context={context} />)}
            </tbody>
          </table>
        );
      })}
    </div>
  );
}

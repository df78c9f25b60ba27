// Tests by status: what was expected, what was found, how deep it sits, how it went in the windows around.

import { useEffect, useMemo } from "react";
import { useTests } from "../api/queries";
import type { Snapshot, Status, TestHistoryRow, TestResult } from "../api/schema";
import { StatusMark } from "../components/StatusMark";
import { StatusStrip } from "../components/StatusStrip";
import { unitOf } from "../format/metric";
import { formatValue } from "../format/number";
import { formatWindow } from "../format/time";
import { boundText, loadLine } from "../model/bounds";
import { snapshotPath } from "../model/links";
import { STATUS_WORD } from "../model/status";
import { testSubject } from "../model/verdict";
import { place } from "../charts/axis";
import { inline } from "../components/inline";
import { testKey } from "../panels/TestStrip";

const ORDER: readonly Status[] = ["error", "fail", "warn", "pass", "skipped"];

/** What was found, in words; the id of the metric stays as it is written everywhere. */
export function Sentence({ test }: { test: TestResult }) {
  const { message, metric } = test;
  if (message === "") {
    const unit = unitOf(metric, test.field, test.params);
    return <p>Expected {boundText(test.bound, unit)}, found {formatValue(test.observed, unit)}.</p>;
  }
  if (message.startsWith(metric)) return <p><code>{metric}</code>{inline(message.slice(metric.length))}</p>;
  return <p>{inline(message.charAt(0).toUpperCase() + message.slice(1))}</p>;
}

/** The load line in miniature: the bad side shaded, the bound as a tick, what was found as a dot. */
export function Gauge({ test, past }: { test: TestResult; past: readonly number[] }) {
  const line = loadLine(test.bound);
  if (test.observed === null || line.lines.length === 0) return null;
  const width = 150;
  const unit = unitOf(test.metric, test.field, test.params);
  const values = [test.observed, ...line.lines, ...past].map((v) => place(v, unit));
  let low = Math.min(...values);
  let high = Math.max(...values);
  const pad = (high - low) * 0.18 || Math.abs(high) * 0.2 || 1;
  low = low >= 0 ? Math.max(0, low - pad) : low - pad;
  high = unit === "p_value" ? 0 : high + pad;
  const x = (v: number): number => ((place(v, unit) - low) / (high - low)) * width;
  const color = test.severity === "warning" ? "var(--warn)" : "var(--fail)";
  const bad = test.status === "fail" || test.status === "warn" || test.status === "error";
  return (
    <svg width={width} height={22} viewBox={`0 0 ${width} 22`} role="img" aria-label={`found ${formatValue(test.observed, unit)}, expected ${boundText(test.bound, unit)}`}>
      <rect x={0} y={9} width={width} height={4} rx={2} fill="var(--line)" />
      {line.bad.map((b, i) => {
        const from = b.low === null ? 0 : x(b.low);
        const to = b.high === null ? width : x(b.high);
        return <rect key={i} x={from} y={4} width={Math.max(0, to - from)} height={14} fill={color} opacity={0.13} />;
      })}
      {line.lines.map((v) => <path key={v} d={`M${x(v)} 2V20`} stroke={color} strokeWidth={1.5} strokeDasharray="3 2" />)}
      {bad
        ? <path d={`M${x(test.observed)} 5l6 6-6 6-6-6Z`} fill={color} />
        : <circle cx={x(test.observed)} cy={11} r={5} fill={test.status === "pass" ? "var(--pass)" : "var(--skipped)"} />}
    </svg>
  );
}

function Item({ test, row, snapshot, zone, back, marked }: { test: TestResult; row: TestHistoryRow | undefined; snapshot: Snapshot; zone: string; back: string; marked: boolean }) {
  const unit = unitOf(test.metric, test.field, test.params);
  const at = row?.cells.findIndex((c) => c.snapshot === snapshot.id) ?? -1;
  const cells = row ? (at < 0 ? row.cells.slice(-30) : row.cells.slice(Math.max(0, at - 23), at + 7)) : [];
  const name = testSubject(test);
  return (
    <li className={`test${marked ? " marked" : ""}`} id={`test-${testKey(test)}`}>
      <div className="test-mark"><StatusMark status={test.status} />{test.severity === "warning" && test.status === "error" && <span className="muted">warning only</span>}</div>
      <div className="test-text">
        <h4>{name}</h4>
        <Sentence test={test} />
      </div>
      <div className="test-gauge">
        <Gauge test={test} past={cells.flatMap((c) => (c.observed === null ? [] : [c.observed]))} />
        <span className="muted">{boundText(test.bound, unit)}</span>
      </div>
      <div className="test-history">
        {cells.length > 1 && (
          <StatusStrip
            label={`${name} over ${cells.length} windows`}
            height={22}
            bars={cells.map((c) => ({
              key: c.start, status: c.status, current: c.snapshot === snapshot.id, label: formatWindow(c, zone), more: `${STATUS_WORD[c.status]}, found ${formatValue(c.observed, unit)}`,
              to: snapshotPath(snapshot.project, c.snapshot, { test: testKey(test), back }),
            }))}
          />
        )}
      </div>
    </li>
  );
}

export function TestsSection({ snapshot, zone, back, chosen, column }: { snapshot: Snapshot; zone: string; back: string; chosen: string | null; column: string | null }) {
  const range = useMemo(() => ({ monitor: snapshot.monitor }), [snapshot.monitor]);
  const history = useTests(snapshot.project, range, snapshot.window !== null);
  const rows = useMemo(() => {
    const found = new Map<string, TestHistoryRow[]>();
    for (const r of history.data?.rows ?? []) found.set(testKey(r), [...(found.get(testKey(r)) ?? []), r]);
    return found;
  }, [history.data]);
  const target = chosen ?? snapshot.tests.map(testKey).find((_, i) => column !== null && snapshot.tests[i]?.labels.column === column) ?? null;
  useEffect(() => {
    if (target) document.getElementById(`test-${target}`)?.scrollIntoView({ block: "center" });
  }, [target, snapshot.id]);
  const rowOf = (t: TestResult): TestHistoryRow | undefined => {
    const own = rows.get(testKey(t)) ?? [];
    return own.find((r) => JSON.stringify(r.params) === JSON.stringify(t.params)) ?? own[0];
  };
  return (
    <>
      {ORDER.map((status) => {
        const group = snapshot.tests.filter((t) => t.status === status);
        if (group.length === 0) return null;
        return (
          <div key={status} className="test-group">
            <h3><StatusMark status={status} /> <span className="muted">{group.length}</span></h3>
            <ul className="card tests" aria-label={`${STATUS_WORD[status]}: ${group.length} tests`}>
              {group.map((t, i) => <Item key={`${testKey(t)} ${i}`} test={t} row={rowOf(t)} snapshot={snapshot} zone={zone} back={back} marked={testKey(t) === target} />)}
            </ul>
          </div>
        );
      })}
    </>
  );
}

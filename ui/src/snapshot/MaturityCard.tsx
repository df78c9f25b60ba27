// How far the labels of a window have come in, and which revision of it is shown.

import type { Maturity, Revision, Snapshot, SnapshotStatus } from "../api/schema";
import { Icon } from "../components/Icon";
import { inline } from "../components/inline";
import { testName } from "../format/metric";
import { formatCountExactly, formatNumber, formatSeconds, formatShare } from "../format/number";
import { formatMoment } from "../format/time";
import { MATURITY_MEANING, MATURITY_WORD, representativeText } from "../model/maturity";

export function MaturityMark({ status }: { status: SnapshotStatus }) {
  return <span className={`maturity-mark maturity-${status}`}><Icon name={status} size={13} />{MATURITY_WORD[status]}</span>;
}

function Check({ maturity }: { maturity: Maturity }) {
  const check = maturity.representative;
  const text = representativeText(maturity);
  if (!check || text === null) return null;
  return (
    <p className={check.drifted ? "status-warn" : "muted"} data-tip={`${testName(check.test)}\nscore ${formatNumber(check.score)}, threshold ${formatNumber(check.threshold)}`}>
      <Icon name={check.drifted ? "warn" : "pass"} size={13} /> {inline(text)}
    </p>
  );
}

/** Coverage, delay and whether the labelled rows stand for all. */
export function MaturityCard({ status, maturity }: { status: SnapshotStatus; maturity: Maturity }) {
  const { coverage, labelled, rows } = maturity;
  return (
    <section className="card maturity" aria-label="Labels">
      <div>
        <MaturityMark status={status} />
        <span className="muted">{MATURITY_MEANING[status]}</span>
      </div>
      <div className="coverage">
        <span className="meter" role="meter" aria-label="Label coverage" aria-valuemin={0} aria-valuemax={1} aria-valuenow={coverage} aria-valuetext={formatShare(coverage)}><i style={{ width: `${coverage * 100}%` }} /></span>
        <span><b>{formatShare(coverage)}</b> labelled <span className="muted">({formatCountExactly(labelled)} of {formatCountExactly(rows)} rows)</span></span>
      </div>
      {maturity.delay_seconds_p50 !== null && (
        <p>Labels took <b>{formatSeconds(maturity.delay_seconds_p50)}</b> at the median{maturity.delay_seconds_p95 !== null && <>, 95 % came within <b>{formatSeconds(maturity.delay_seconds_p95)}</b></>}.</p>
      )}
      <Check maturity={maturity} />
    </section>
  );
}

const optionText = (r: Revision, zone: string): string =>
  [`Revision ${r.revision}`, r.status, ...(r.coverage === null ? [] : [`${formatShare(r.coverage)} labelled`]), formatMoment(r.at, zone)].join(" · ");

/** Chooses among the revisions that are kept; `choose` gets `null` for the newest. */
export function RevisionPicker({ snapshot, revisions, zone, choose }: { snapshot: Snapshot; revisions: readonly Revision[]; zone: string; choose: (at: string | null) => void }) {
  const newest = revisions.at(-1);
  if (revisions.length < 2 || !newest) return null;
  return (
    <label className="revisions">
      <span className="visually-hidden">Revision</span>
      <select
        className="field"
        value={snapshot.revision}
        onChange={(e) => {
          const chosen = revisions.find((r) => r.revision === Number(e.target.value));
          if (chosen) choose(chosen === newest ? null : chosen.at);
        }}
      >
        {revisions.toReversed().map((r) => <option key={r.revision} value={r.revision}>{optionText(r, zone)}</option>)}
      </select>
    </label>
  );
}

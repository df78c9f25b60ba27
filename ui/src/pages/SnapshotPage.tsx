// One window: the report or the test suite, with the way back to the curve it came from.

import { Link, useParams } from "react-router";
import { useContextOf, useProject, useRevisions, useSnapshot } from "../api/queries";
import type { Snapshot, SnapshotContext, SnapshotMeta } from "../api/schema";
import { Failure, Loading } from "../components/Message";
import { Icon } from "../components/Icon";
import { ProjectNav } from "../components/ProjectNav";
import { Shell } from "../components/Shell";
import { formatMoment, formatWindow } from "../format/time";
import { projectPath, snapshotPath, type SnapshotLink } from "../model/links";
import { MaturityCard, RevisionPicker } from "../snapshot/MaturityCard";
import { KIND_NAME, SnapshotFacts, SnapshotSections, SnapshotTitle, SnapshotVerdict } from "../snapshot/SnapshotBody";
import { useParameters } from "./params";
import { useScrollRestored } from "./scroll";

function Neighbours({ context, snapshot, link, zone }: { context: SnapshotContext | undefined; snapshot: Snapshot; link: SnapshotLink; zone: string }) {
  const step = (meta: SnapshotMeta | null | undefined, label: string, icon: "left" | "right") => {
    const text = meta?.window ? formatWindow(meta.window, zone) : "";
    if (!meta) return <span className="button" aria-disabled="true">{icon === "left" && <Icon name="left" />}{label}{icon === "right" && <Icon name="right" />}</span>;
    return (
      <Link className="button" to={snapshotPath(snapshot.project, meta.id, link)} aria-label={`${label} window${text === "" ? "" : `, ${text}`}`} data-tip={text}>
        {icon === "left" && <Icon name="left" />}{label}{icon === "right" && <Icon name="right" />}
      </Link>
    );
  };
  return (
    <div className="page-tools">
      {context && context.siblings.length > 0 && (
        <nav className="segmented links" aria-label="Other results of this window">
          <span aria-current="page">{KIND_NAME[snapshot.kind]}{context.siblings.some((s) => s.monitor !== snapshot.monitor) ? `, ${snapshot.monitor}` : ""}</span>
          {context.siblings.map((s) => (
            <Link key={s.id} to={snapshotPath(snapshot.project, s.id, link)}>
              {s.outcome && <span className={`status status-${s.outcome}`}><Icon name={s.outcome} size={13} /></span>}
              {KIND_NAME[s.kind]}{s.monitor === snapshot.monitor ? "" : `, ${s.monitor}`}
            </Link>
          ))}
        </nav>
      )}
      <nav className="neighbours" aria-label="Windows">
        {step(context?.previous, "Previous", "left")}
        {step(context?.next, "Next", "right")}
      </nav>
    </div>
  );
}

interface ContentProps {
  snapshot: Snapshot;
  back: string;
  column: string | null;
  test: string | null;
  /** Moment of an older revision; `null` shows the newest. */
  asOf: string | null;
  setAsOf: (at: string | null) => void;
}

function Content({ snapshot, back, column, test, asOf, setAsOf }: ContentProps) {
  const revisions = useRevisions(snapshot.project, snapshot.id, snapshot.revision > 1 || asOf !== null);
  const newest = revisions.data?.at(-1);
  const context = useContextOf(snapshot.project, snapshot.id);
  const zone = snapshot.window?.timezone ?? "UTC";
  const link: SnapshotLink = { back, ...(column ? { column } : {}), ...(test ? { test } : {}) };
  return (
    <>
      <div className="page-head snapshot-head">
        <div>
          <SnapshotTitle snapshot={snapshot} zone={zone} />
        </div>
        <Neighbours context={context.data} snapshot={snapshot} link={link} zone={zone} />
      </div>
      <SnapshotVerdict snapshot={snapshot} />
      {snapshot.maturity && <MaturityCard status={snapshot.status} maturity={snapshot.maturity} />}
      {asOf !== null && newest && newest.revision !== snapshot.revision && (
        <p className="card older" role="status">
          This is revision {snapshot.revision} of {newest.revision}, as it was known on {formatMoment(snapshot.run.started_at, zone)}. <button type="button" className="button small" onClick={() => setAsOf(null)}>Show the newest</button>
        </p>
      )}
      <SnapshotFacts snapshot={snapshot} zone={zone} />
      <RevisionPicker snapshot={snapshot} revisions={revisions.data ?? []} zone={zone} choose={setAsOf} />
      <SnapshotSections snapshot={snapshot} zone={zone} back={back} column={column} test={test} />
    </>
  );
}

export function SnapshotPage() {
  const { id = "", sid = "" } = useParams();
  const [params, change] = useParameters();
  const back = params.get("back") ?? "";
  const column = params.get("column");
  const test = params.get("test");
  const asOf = params.get("as_of");
  const setAsOf = (at: string | null): void => change({ as_of: at }, { preventScrollReset: true });
  const snapshot = useSnapshot(id, sid, asOf);
  const project = useProject(id);
  useScrollRestored(sid, snapshot.data !== undefined && column === null && test === null, false);
  const title = project.data?.summary.title ?? id;
  const s = snapshot.data;
  const name = s ? `${KIND_NAME[s.kind]} ${s.window ? formatWindow(s.window, s.window.timezone) : ""}`.trim() : sid;
  const home = projectPath(id, back);
  return (
    <Shell title={`${name} · ${title}`} crumbs={[{ label: "Projects", to: "/" }, { label: title, to: home }, { label: name }]} nav={<ProjectNav project={id} current={null} />}>
      <Link className="back-link" to={home} state={{ restore: true }}><Icon name="back" size={14} />Back to the dashboard</Link>
      {snapshot.isPending && <Loading height={500} label="Loading the snapshot" />}
      {snapshot.isError && !s && <div style={{ height: 320 }}><Failure error={snapshot.error} retry={() => void snapshot.refetch()} /></div>}
      {s && <Content key={s.id} snapshot={s} back={back} column={column} test={test} asOf={asOf} setAsOf={setAsOf} />}
    </Shell>
  );
}

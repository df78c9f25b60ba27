// The page of a report in one file.

import { useEffect } from "react";
import type { Snapshot } from "../api/schema";
import { MaturityCard } from "./MaturityCard";
import { KIND_NAME, SnapshotFacts, SnapshotSections, SnapshotTitle, SnapshotVerdict } from "./SnapshotBody";

export function Report({ snapshot }: { snapshot: Snapshot }) {
  const zone = snapshot.window?.timezone ?? "UTC";
  useEffect(() => {
    document.title = `${KIND_NAME[snapshot.kind]} · ${snapshot.run.source} · Plimsoll`;
  }, [snapshot]);
  return (
    <main className="report">
      <div className="page-head snapshot-head"><div><SnapshotTitle snapshot={snapshot} zone={zone} /><p className="muted">{snapshot.run.source}</p></div></div>
      <SnapshotVerdict snapshot={snapshot} />
      {snapshot.maturity && <MaturityCard status={snapshot.status} maturity={snapshot.maturity} />}
      <SnapshotFacts snapshot={snapshot} zone={zone} />
      <SnapshotSections snapshot={snapshot} zone={zone} back="" column={null} test={null} />
    </main>
  );
}

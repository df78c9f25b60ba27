// The scheduled job: when it runs next, how its runs went, and a button that runs it at once.

import type { JobRun, Jobs } from "../api/schema";
import { Card } from "../components/Card";
import { Icon } from "../components/Icon";
import { inline } from "../components/inline";
import type { Loaded } from "../components/loaded";
import { Empty } from "../components/Message";
import { formatCountExactly, formatSeconds } from "../format/number";
import { formatMoment } from "../format/time";

/** What became of the button. */
export interface RunNow {
  run: () => void;
  asking: boolean;
  error: string | null;
}

function Outcome({ run }: { run: JobRun }) {
  if (run.seconds === null && run.error === null) return <span className="status status-none"><Icon name="provisional" size={13} />Running</span>;
  if (run.error !== null) return <span className="status status-error"><Icon name="error" size={13} />Error</span>;
  if (run.failed > 0) return <span className="status status-fail"><Icon name="fail" size={13} />{formatCountExactly(run.failed)} failed</span>;
  return <span className="status status-pass"><Icon name="pass" size={13} />Done</span>;
}

/** What stands where there are no runs: rows that are sent need none. */
function NoRuns({ sentTo }: { sentTo: string | null }) {
  if (sentTo === null) return <Empty command="plimsoll run project.yaml --workspace DIR">No job of this project is scheduled in this service. This runs it once:</Empty>;
  return <Empty command={`plimsoll backfill --project ${sentTo} --from T --to T --dry-run --url ${location.origin}`}>Windows are computed as their rows and labels come, without a job. This tells what computing a range again would change:</Empty>;
}

/** `sentTo` is the project, if its rows are sent to it. */
export function RunsCard({ state, zone, now, span, sentTo = null }: { state: Loaded<Jobs>; zone: string; now: RunNow; span: number; sentTo?: string | null }) {
  const jobs = state.state === "full" ? state.data : null;
  const scheduled = jobs !== null && jobs.schedule !== null;
  const next = jobs?.schedule ? `every ${jobs.schedule.every}${jobs.schedule.next_run === null ? "" : `, next ${formatMoment(jobs.schedule.next_run, zone)}`}` : undefined;
  return (
    <Card
      title="Runs"
      {...(next === undefined ? {} : { note: next })}
      state={state}
      span={span}
      {...(scheduled ? { actions: <button type="button" className="button small" disabled={jobs.running || now.asking} onClick={now.run}><Icon name="run" size={12} />{jobs.running ? "Running" : "Run now"}</button> } : {})}
      empty={(data) => (data.schedule === null && data.history.length === 0 ? <NoRuns sentTo={sentTo} /> : null)}
    >
      {(data) => (
        <>
          {now.error !== null && <p className="collector-error" role="alert"><Icon name="error" size={14} /> {inline(now.error)}</p>}
          {data.history.length === 0 ? <p className="muted">No run yet.</p> : (
            <div className="table-scroll tall">
              <table className="compact" aria-label="Runs, newest first">
                <thead><tr><th scope="col">Began</th><th scope="col">Outcome</th><th scope="col" className="num">Written</th><th scope="col" className="num">Already done</th><th scope="col" className="num">Took</th></tr></thead>
                <tbody>
                  {data.history.map((r) => (
                    <tr key={r.id}>
                      <th scope="row" className="nowrap">{formatMoment(r.started_at, zone)}</th>
                      <td><Outcome run={r} />{r.error !== null && <p className="example">{inline(r.error)}</p>}</td>
                      <td className="num">{formatCountExactly(r.written)}</td>
                      <td className="num muted">{formatCountExactly(r.skipped)}</td>
                      <td className="num">{formatSeconds(r.seconds)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </>
      )}
    </Card>
  );
}

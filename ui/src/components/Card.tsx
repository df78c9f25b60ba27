// A card with a heading whose content is fetched, and its five states: loading, empty, error, stale, full.

import { useId, type ReactNode } from "react";
import type { Loaded } from "./loaded";
import { Failure, Loading } from "./Message";

interface Props<T> {
  title: string;
  /** What stands beside the heading. */
  note?: ReactNode;
  /** Controls at the right of the heading. */
  actions?: ReactNode;
  state: Loaded<T>;
  /** What is said instead of the content, if there is nothing to show. */
  empty: (data: T) => ReactNode | null;
  children: (data: T) => ReactNode;
  /** Height while loading, in pixels. */
  height?: number;
  /** Columns of the grid of 12. */
  span?: number;
}

export function Card<T>({ title, note, actions, state, empty, children, height = 160, span = 12 }: Props<T>) {
  const id = useId();
  const full = state.state === "full" ? (empty(state.data) ?? children(state.data)) : null;
  return (
    <section className="card panel data-card" aria-labelledby={id} style={{ gridColumn: `span ${span}` }}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span className="muted">{note}</span>}
        {state.state === "full" && state.staleSince !== undefined && <span className="stale" role="status">as of {state.staleSince}; refreshing failed</span>}
        {actions !== undefined && <span className="card-actions">{actions}</span>}
      </header>
      <div className="panel-body">
        {state.state === "loading" && <Loading label={`Loading ${title}`} height={height} />}
        {state.state === "error" && <div style={{ minHeight: height }}><Failure error={state.error} retry={state.retry} /></div>}
        {full}
      </div>
    </section>
  );
}

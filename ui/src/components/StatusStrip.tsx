// One small bar a window, coloured and shaped by status; each bar is a link to its snapshot.

import { useState, type KeyboardEvent } from "react";
import { Link } from "react-router";
import type { Health } from "../api/schema";
import { STATUS_WORD } from "../model/status";

export interface StripBar {
  key: string;
  status: Health;
  /** Name of the link and first line of its tooltip. */
  label: string;
  /** What follows in the tooltip. */
  more?: string;
  /** Absent if the window has no snapshot. */
  to?: string;
  current?: boolean;
}

/** Bars lower than the full height say by shape what the colour says. */
const HEIGHT: Record<Health, number> = { pass: 0.55, warn: 0.8, fail: 1, error: 1, skipped: 0.35, none: 0.35, empty: 0.35 };

/** The strip is one stop of the Tab key; arrow keys move within. */
export function StatusStrip({ bars, label, height = 26 }: { bars: readonly StripBar[]; label: string; height?: number }) {
  const links = bars.filter((b) => b.to !== undefined);
  const [active, setActive] = useState<string | null>(null);
  const stop = links.some((b) => b.key === active) ? active : (links.at(-1)?.key ?? null);

  const onKey = (event: KeyboardEvent<HTMLUListElement>): void => {
    const moves: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const at = Math.max(0, Math.min(links.length - 1, links.findIndex((b) => b.key === stop) + move));
    setActive(links[at]?.key ?? null);
    event.currentTarget.querySelectorAll("a")[at]?.focus();
  };

  return (
    <ul className="strip" aria-label={label} style={{ height, gap: bars.length > 90 ? 1 : 2 }} onKeyDown={onKey}>
      {bars.map((bar) => {
        const mark = <span className={`bg-${bar.status}`} style={{ height: `${HEIGHT[bar.status] * 100}%` }} />;
        const tip = `${bar.label}\n${bar.more ?? STATUS_WORD[bar.status]}`;
        return (
          <li key={bar.key}>
            {bar.to === undefined ? (
              <div className="gap" data-tip={tip}>{mark}</div>
            ) : (
              <Link to={bar.to} aria-label={`${bar.label}: ${STATUS_WORD[bar.status]}`} aria-current={bar.current ? "true" : undefined} data-tip={tip} tabIndex={bar.key === stop ? 0 : -1}>
                {mark}
              </Link>
            )}
          </li>
        );
      })}
    </ul>
  );
}

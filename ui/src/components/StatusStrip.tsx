// One small bar a window, coloured and shaped by status; each bar is a link to its snapshot.

import { Link } from "react-router";
import type { WindowStatus } from "../api/types";
import { STATUS_WORD } from "../model/status";

export interface StripBar {
  key: string;
  status: WindowStatus;
  /** Name of the link and first line of its tooltip. */
  label: string;
  /** What follows in the tooltip. */
  more?: string;
  to: string;
  current?: boolean;
}

/** Bars lower than the full height say by shape what the colour says. */
const HEIGHT: Record<WindowStatus, number> = { pass: 0.55, warn: 0.8, fail: 1, error: 1, skipped: 0.35, none: 0.35, empty: 0.35 };

export function StatusStrip({ bars, label, height = 26 }: { bars: readonly StripBar[]; label: string; height?: number }) {
  return (
    <ul className="strip" aria-label={label} style={{ height }}>
      {bars.map((bar) => (
        <li key={bar.key}>
          <Link
            to={bar.to}
            aria-label={`${bar.label}: ${STATUS_WORD[bar.status]}`}
            aria-current={bar.current ? "true" : undefined}
            data-tip={`${bar.label}\n${bar.more ?? STATUS_WORD[bar.status]}`}
          >
            <span className={`bg-${bar.status}`} style={{ height: `${HEIGHT[bar.status] * 100}%` }} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

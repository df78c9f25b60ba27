// What a panel or page says when it has nothing to draw.

import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import { inline } from "./inline";
import { Icon } from "./Icon";

export function Empty({ children, command }: { children: ReactNode; command?: string }) {
  return (
    <div className="message" role="note">
      <Icon name="chart" size={22} />
      <p>{children}</p>
      {command !== undefined && <pre>{command}</pre>}
    </div>
  );
}

function advice(error: Error): string {
  if (!(error instanceof ApiError)) return "Reload the page; if it comes back, look at the server's log.";
  if (error.status === 0) return "Check that `plimsoll serve` is running, then try again.";
  if (error.status === 404) return "It may have been renamed or removed.";
  if (error.status >= 500) return "The server's log says more.";
  return "";
}

export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const said = error.message.charAt(0).toUpperCase() + error.message.slice(1);
  return (
    <div className="message" role="alert">
      <span className="status status-error"><Icon name="error" size={20} /></span>
      <p>{inline(said)}. {inline(advice(error))}</p>
      {retry && <button type="button" className="button" onClick={retry}><Icon name="reset" />Try again</button>}
    </div>
  );
}

export function Loading({ label = "Loading", height }: { label?: string; height?: number | string }) {
  return (
    <div role="status" aria-label={label} style={{ height: height ?? "100%", padding: 4 }}>
      <div className="skeleton" style={{ height: "100%" }} />
    </div>
  );
}

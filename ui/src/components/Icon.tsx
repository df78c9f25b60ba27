// The icons of the page, 16 × 16, drawn in the colour of the text.

import type { ReactElement } from "react";

export type IconName =
  | "pass" | "warn" | "fail" | "error" | "skipped" | "none" | "empty" | "search" | "sun" | "moon" | "system" | "left" | "right" | "back"
  | "download" | "reset" | "chart" | "image" | "up" | "down" | "flat" | "chevron" | "estimated" | "provisional" | "final" | "run" | "leave";

const PATHS: Record<IconName, ReactElement> = {
  pass: <path d="M8 1.2a6.8 6.8 0 1 0 0 13.6A6.8 6.8 0 0 0 8 1.2Zm3.6 5.1-4.2 4.9a.8.8 0 0 1-1.2 0L4.3 9.1a.8.8 0 1 1 1.2-1l1.3 1.4 3.6-4.2a.8.8 0 1 1 1.2 1Z" fill="currentColor" />,
  warn: <path d="M8.9 1.9a1 1 0 0 0-1.8 0L.9 13.2a1 1 0 0 0 .9 1.5h12.4a1 1 0 0 0 .9-1.5L8.9 1.9ZM8 5.2c.5 0 .8.4.8.8l-.2 3.6a.6.6 0 0 1-1.2 0L7.2 6c0-.4.3-.8.8-.8Zm0 7.7a.9.9 0 1 1 0-1.9.9.9 0 0 1 0 1.9Z" fill="currentColor" />,
  fail: <path d="M8 1.2a6.8 6.8 0 1 0 0 13.6A6.8 6.8 0 0 0 8 1.2Zm2.9 8.6a.8.8 0 0 1-1.1 1.1L8 9.1l-1.8 1.8a.8.8 0 0 1-1.1-1.1L6.9 8 5.1 6.2a.8.8 0 0 1 1.1-1.1L8 6.9l1.8-1.8a.8.8 0 0 1 1.1 1.1L9.1 8l1.8 1.8Z" fill="currentColor" />,
  error: <path d="M5.2 1.3h5.6l3.9 3.9v5.6l-3.9 3.9H5.2l-3.9-3.9V5.2l3.9-3.9ZM8 4.2c-.5 0-.8.4-.8.8l.2 3.7a.6.6 0 0 0 1.2 0L8.8 5c0-.4-.3-.8-.8-.8Zm0 7.8a.9.9 0 1 0 0-1.9.9.9 0 0 0 0 1.9Z" fill="currentColor" />,
  skipped: <path d="M8 1.2a6.8 6.8 0 1 0 0 13.6A6.8 6.8 0 0 0 8 1.2Zm2.7 7.6H5.3a.8.8 0 0 1 0-1.6h5.4a.8.8 0 0 1 0 1.6Z" fill="currentColor" />,
  none: <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  empty: <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.5 2.2" />,
  search: <g fill="none" stroke="currentColor" strokeWidth="1.5"><circle cx="7" cy="7" r="4.6" /><path d="m10.5 10.5 3.6 3.6" strokeLinecap="round" /></g>,
  sun: <g fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round"><circle cx="8" cy="8" r="3" /><path d="M8 1.2v1.5M8 13.3v1.5M1.2 8h1.5M13.3 8h1.5M3.2 3.2l1 1M11.8 11.8l1 1M12.8 3.2l-1 1M4.2 11.8l-1 1" /></g>,
  moon: <path d="M13.6 9.8A6 6 0 0 1 6.2 2.4a6 6 0 1 0 7.4 7.4Z" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinejoin="round" />,
  system: <g fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round"><rect x="1.7" y="2.6" width="12.6" height="8.6" rx="1.2" /><path d="M5.5 13.8h5" /></g>,
  left: <path d="M9.8 3.2 5 8l4.8 4.8" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />,
  right: <path d="M6.2 3.2 11 8l-4.8 4.8" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />,
  back: <path d="M6.5 3.2 2 7.7l4.5 4.5M2.3 7.7h7.4a4 4 0 0 1 4 4v1" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />,
  download: <path d="M8 1.8v8M4.8 6.8 8 10l3.2-3.2M2.2 11.6v2.2h11.6v-2.2" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />,
  reset: <path d="M3 8a5 5 0 1 0 1.5-3.6M3 2.2v2.9h2.9" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />,
  chart: <path d="M2 13.8h12M3 10.5l3.2-3.6 2.6 2 4-5" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />,
  image: <g fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinejoin="round"><rect x="1.8" y="2.8" width="12.4" height="10.4" rx="1.4" /><path d="m2.2 11.6 3.6-3.8 3 3 2-1.8 3 2.8" /><circle cx="10.8" cy="6" r="1" /></g>,
  up: <path d="M8 13V3.4M4 7.2l4-4 4 4" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />,
  down: <path d="M8 3v9.6M4 8.8l4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />,
  flat: <path d="M3 8h10" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />,
  estimated: <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.5 2.2" />,
  provisional: <g><circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" /><path d="M8 2a6 6 0 0 1 0 12Z" fill="currentColor" /></g>,
  final: <circle cx="8" cy="8" r="6.4" fill="currentColor" />,
  run: <path d="M4.5 2.6v10.8L13 8Z" fill="currentColor" />,
  leave: <path d="M6.2 2.2H3.4a1 1 0 0 0-1 1v9.6a1 1 0 0 0 1 1h2.8M6.4 8h7M10.6 4.9 13.7 8l-3.1 3.1" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />,
  chevron: <path d="M6 4l4 4-4 4" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />,
};

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {PATHS[name]}
    </svg>
  );
}

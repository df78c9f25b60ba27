// Marks within a line of text: bold, code and links. Anything else is shown as written.

import type { ReactNode } from "react";

/** Links lead only to pages; other schemes stay text. */
const safe = (href: string): boolean => /^(https?:\/\/|\/(?!\/)|#)/.test(href);

/** Bold, code and links within a line. */
export function inline(text: string): ReactNode[] {
  const parts = text.split(/(\*\*[^*]+\*\*|`[^`]+`|\[[^\]]+\]\([^)\s]+\))/);
  return parts.map((part, i) => {
    if (part.startsWith("**") && part.endsWith("**") && part.length > 4) return <strong key={i}>{part.slice(2, -2)}</strong>;
    if (part.startsWith("`") && part.endsWith("`") && part.length > 2) return <code key={i}>{part.slice(1, -1)}</code>;
    const link = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(part);
    if (link?.[1] !== undefined && link[2] !== undefined && safe(link[2])) return <a key={i} href={link[2]}>{link[1]}</a>;
    return part;
  });
}

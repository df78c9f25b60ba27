// A panel of Markdown: paragraphs, headings, lists, bold, code and links. Anything else is shown as written.

import type { ReactNode } from "react";
import type { PanelProps } from "./types";

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

export function Markdown({ text }: { text: string }) {
  const blocks = text.trim().split(/\n\s*\n/);
  return (
    <div className="markdown">
      {blocks.map((block, i) => {
        const lines = block.split("\n");
        if (lines.every((line) => /^\s*[-*] /.test(line))) return <ul key={i}>{lines.map((line, j) => <li key={j}>{inline(line.replace(/^\s*[-*] /, ""))}</li>)}</ul>;
        if (lines.every((line) => /^\s*\d+\. /.test(line))) return <ol key={i}>{lines.map((line, j) => <li key={j}>{inline(line.replace(/^\s*\d+\. /, ""))}</li>)}</ol>;
        const head = /^(#{1,4}) (.*)$/.exec(lines[0] ?? "");
        if (head && lines.length === 1) return <h3 key={i}>{inline(head[2] ?? "")}</h3>;
        return <p key={i}>{inline(lines.join(" "))}</p>;
      })}
    </div>
  );
}

export function TextPanel({ panel }: PanelProps<"none">) {
  return <div className="scroll"><Markdown text={panel.text ?? ""} /></div>;
}

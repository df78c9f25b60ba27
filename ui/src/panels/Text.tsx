// A panel of Markdown: paragraphs, headings, lists, bold, code and links. Anything else is shown as written.

import { inline } from "../components/inline";
import type { PanelProps } from "./types";

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

// Numbers in a row, each with what it means.

import { formatValue, type Unit } from "../format/number";

export interface Count {
  name: string;
  value: number | null;
  unit: Unit;
  note?: string;
  bad?: boolean;
}

export function Counters({ items }: { items: readonly Count[] }) {
  if (items.length === 0) return null;
  return (
    <dl className="counters card">
      {items.map((item) => (
        <div key={item.name}>
          <dt>{item.name}</dt>
          <dd className={item.bad ? "status-fail" : ""}>{formatValue(item.value, item.unit)}</dd>
          {item.note !== undefined && <dd className="note muted">{item.note}</dd>}
        </div>
      ))}
    </dl>
  );
}

// Lines, bars or areas over time.

import { TimeChart } from "../charts/TimeChart";
import { unitOf } from "../format/metric";
import type { PanelProps } from "./types";

const chart = (style: "line" | "bar" | "area") =>
  function TimePanel({ panel, data, context, height }: PanelProps<"series">) {
    const series = data.series.flat();
    const first = series[0];
    if (!first) return null;
    return (
      <TimeChart
        title={panel.title}
        series={series}
        style={style}
        unit={unitOf(first.metric, first.field, first.params)}
        zone={context.zone}
        height={height}
        onOpen={(snapshot, column) => context.open(snapshot, { column })}
      />
    );
  };

export const LinePanel = chart("line");
export const BarPanel = chart("bar");
export const AreaPanel = chart("area");

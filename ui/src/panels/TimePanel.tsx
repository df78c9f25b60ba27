// Lines, bars or areas over time.

import { TimeChart } from "../charts/TimeChart";
import type { PanelProps } from "./types";

const chart = (style: "line" | "bar" | "area") =>
  function TimePanel({ panel, data, context, height }: PanelProps<"series">) {
    const series = data.series.flat();
    return (
      <TimeChart
        title={panel.title}
        series={series}
        style={style}
        zone={context.zone}
        height={height}
        onOpen={(snapshot, column) => context.open(snapshot, { column })}
      />
    );
  };

export const LinePanel = chart("line");
export const BarPanel = chart("bar");
export const AreaPanel = chart("area");

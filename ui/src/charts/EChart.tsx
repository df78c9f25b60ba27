// One ECharts canvas that follows its box and its option.

import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { useEffect, useRef, useState } from "react";

const load = (): Promise<typeof import("./echarts")> => import("./echarts");

/** Begins to load the chart library before the first chart is there. */
export function preloadCharts(): void {
  void load();
}

export function EChart({ option, label, onReady }: { option: EChartsCoreOption; label: string; onReady?: (chart: EChartsType | null) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<EChartsType | null>(null);
  const ready = useRef(onReady);
  ready.current = onReady;

  useEffect(() => {
    let made: EChartsType | null = null;
    let observer: ResizeObserver | null = null;
    let gone = false;
    void load().then(({ init }) => {
      if (gone || !box.current) return;
      made = init(box.current, null, { renderer: "canvas" });
      observer = new ResizeObserver(() => made?.resize());
      observer.observe(box.current);
      setChart(made);
      ready.current?.(made);
    });
    return () => {
      gone = true;
      observer?.disconnect();
      ready.current?.(null);
      made?.dispose();
      setChart(null);
    };
  }, []);

  useEffect(() => {
    if (chart && !chart.isDisposed()) chart.setOption(option, { notMerge: true, lazyUpdate: false });
  }, [chart, option]);

  return <div ref={box} className="echart" role="img" aria-label={label} />;
}

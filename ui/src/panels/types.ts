// What a panel is: a function of its data. It fetches nothing and knows no clock.

import type { Panel, Series, StripCell, TestHistory } from "../api/schema";
import type { SnapshotLink } from "../model/links";

/** What all panels of a dashboard share. */
export interface PanelContext {
  project: string;
  zone: string;
  /** Address of a snapshot that leads back to this dashboard. */
  href: (snapshot: string, link?: SnapshotLink) => string;
  /** Opens a snapshot. */
  open: (snapshot: string, link?: SnapshotLink) => void;
}

export type PanelData =
  | { kind: "series"; series: Series[][] }
  | { kind: "tests"; history: TestHistory }
  | { kind: "health"; cells: StripCell[] }
  | { kind: "none" };

export interface PanelProps<D extends PanelData["kind"]> {
  panel: Panel;
  data: Extract<PanelData, { kind: D }>;
  context: PanelContext;
  /** Height of the drawing in pixels. */
  height: number;
}

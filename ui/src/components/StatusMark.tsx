import type { Health } from "../api/schema";
import { STATUS_WORD } from "../model/status";
import { Icon } from "./Icon";

/** A status as colour, icon and word. */
export function StatusMark({ status, word, pill = false }: { status: Health; word?: string; pill?: boolean }) {
  return (
    <span className={`status status-${status}${pill ? " pill" : ""}`}>
      <Icon name={status} size={14} />
      {word ?? STATUS_WORD[status]}
    </span>
  );
}

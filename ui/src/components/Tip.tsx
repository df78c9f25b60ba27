// One tooltip for all small marks of the page: any element with `data-tip` shows its text on hover and on focus.

import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

interface Shown {
  text: string;
  x: number;
  y: number;
  below: boolean;
}

export function TipLayer() {
  const [shown, setShown] = useState<Shown | null>(null);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const show = (event: Event): void => {
      const target = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
      const text = target?.getAttribute("data-tip");
      if (!target || !text) return setShown(null);
      const r = target.getBoundingClientRect();
      const below = r.top < 110;
      setShown({ text, x: r.left + r.width / 2, y: below ? r.bottom + 8 : r.top - 8, below });
    };
    const hide = (): void => setShown(null);
    document.addEventListener("mouseover", show);
    document.addEventListener("focusin", show);
    document.addEventListener("focusout", hide);
    document.addEventListener("scroll", hide, true);
    document.addEventListener("click", hide);
    return () => {
      document.removeEventListener("mouseover", show);
      document.removeEventListener("focusin", show);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("scroll", hide, true);
      document.removeEventListener("click", hide);
    };
  }, []);

  if (!shown) return null;
  const [first, ...rest] = shown.text.split("\n");
  const half = Math.min(170, (box.current?.offsetWidth ?? 240) / 2);
  const x = Math.max(half + 8, Math.min(window.innerWidth - half - 8, shown.x));
  return createPortal(
    <div
      ref={box}
      className="tip"
      role="tooltip"
      style={{ left: x, top: shown.y, transform: `translate(-50%, ${shown.below ? "0" : "-100%"})` }}
    >
      <strong>{first}</strong>
      {rest.length > 0 && `\n${rest.join("\n")}`}
    </div>,
    document.body,
  );
}

// The theme: follows the system until a person chooses. `public/theme.js` applies it.

import { useEffect, useState, useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "light" | "dark";
const KEY = "plimsoll-theme";

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

export function useThemeChoice(): [ThemeChoice, (choice: ThemeChoice) => void] {
  const [choice, setChoice] = useState(stored);
  const choose = (next: ThemeChoice): void => {
    try {
      if (next === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, next);
    } catch {
      // Storage is blocked: the choice cannot be kept.
    }
    setChoice(next);
    dispatchEvent(new Event("plimsoll-theme"));
  };
  return [choice, choose];
}

function subscribe(notify: () => void): () => void {
  const observer = new MutationObserver(notify);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}

/** The applied theme. */
export const useTheme = (): "light" | "dark" =>
  useSyncExternalStore(subscribe, () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light"));

const NAMES = [
  "surface", "line", "line-strong", "ink", "ink-2", "ink-3", "current", "reference", "pass", "warn", "fail", "error", "fail-ink", "warn-ink", "accent",
] as const;
export type Palette = Record<(typeof NAMES)[number], string> & { series: readonly string[] };

/** Lines drawn together; none of them is a status colour, the first is the current data. */
const SERIES = {
  light: ["#2f6fed", "#0d8f9c", "#b0579f", "#8c6239", "#4b5a9b", "#5b6b82", "#3a9bd0", "#6b7d2c"],
  dark: ["#5b8ff5", "#35b6c2", "#d583c5", "#c19468", "#8f9ee0", "#9aa9c0", "#6cc0ee", "#a9bb62"],
} as const;

function readPalette(theme: "light" | "dark"): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim() || "#888888";
  return {
    surface: read("surface"), line: read("line"), "line-strong": read("line-strong"), ink: read("ink"), "ink-2": read("ink-2"), "ink-3": read("ink-3"),
    current: read("current"), reference: read("reference"), pass: read("pass"), warn: read("warn"), fail: read("fail"), error: read("error"),
    "fail-ink": read("fail-ink"), "warn-ink": read("warn-ink"), accent: read("accent"), series: SERIES[theme],
  };
}

/** The colours of the applied theme, for charts. */
export function usePalette(): Palette {
  const theme = useTheme();
  const [palette, setPalette] = useState(() => readPalette(theme));
  useEffect(() => setPalette(readPalette(theme)), [theme]);
  return palette;
}

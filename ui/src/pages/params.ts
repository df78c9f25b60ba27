// The query string of the address, where the state of a page lives.

import { useSearchParams, type NavigateOptions } from "react-router";

/**
 * Reads the query string, and changes some of its parameters; `null` or an empty text removes one.
 *
 * A change starts from the address itself, not from the last render, so that of two quick changes none is lost.
 */
export function useParameters(): [URLSearchParams, (changes: Record<string, string | null>, options?: NavigateOptions) => void] {
  const [params, setParams] = useSearchParams();
  const change = (changes: Record<string, string | null>, options: NavigateOptions = { preventScrollReset: true, replace: true }): void => {
    const next = new URLSearchParams(window.location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === "") next.delete(name);
      else next.set(name, value);
    }
    setParams(next, options);
  };
  return [params, change];
}

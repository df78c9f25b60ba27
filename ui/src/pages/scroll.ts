// Remembers how far a page was scrolled, by its address, so that a way back ends at the same place.

import { useLayoutEffect } from "react";

const key = (address: string): string => `plimsoll-scroll ${address}`;

export function rememberScroll(address: string): void {
  try {
    sessionStorage.setItem(key(address), String(window.scrollY));
  } catch {
    // Storage is blocked: the page opens at its top.
  }
}

function remembered(address: string): number {
  try {
    return Number(sessionStorage.getItem(key(address)) ?? 0);
  } catch {
    return 0;
  }
}

/** Scrolls to the remembered place once the page has its full height; to the top if there is none. */
export function useScrollRestored(address: string, ready: boolean, restore: boolean): void {
  useLayoutEffect(() => {
    if (ready) window.scrollTo(0, restore ? remembered(address) : 0);
  }, [address, ready, restore]);
}

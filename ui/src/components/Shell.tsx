// The frame of every page: header with breadcrumbs and theme switch, title, content.

import { useEffect, type ReactNode } from "react";
import { Link } from "react-router";
import { useThemeChoice } from "../theme/theme";
import { Icon } from "./Icon";
import { SignOut } from "./SignIn";
import { TipLayer } from "./Tip";

export interface Crumb {
  label: string;
  to?: string;
}

const NEXT = { system: "light", light: "dark", dark: "system" } as const;
const THEME_ICON = { system: "system", light: "sun", dark: "moon" } as const;

function ThemeSwitch() {
  const [choice, choose] = useThemeChoice();
  const label = `Theme: ${choice}. Switch to ${NEXT[choice]}`;
  return (
    <button type="button" className="icon-button" aria-label={label} data-tip={`Theme: ${choice}`} onClick={() => choose(NEXT[choice])}>
      <Icon name={THEME_ICON[choice]} />
    </button>
  );
}

export function Shell({ title, crumbs = [], nav, right, children }: { title: string; crumbs?: Crumb[]; nav?: ReactNode; right?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = title === "Plimsoll" ? title : `${title} · Plimsoll`;
  }, [title]);
  return (
    <div className="shell">
      <a className="skip-link" href="#main">Skip to content</a>
      <header className="topbar">
        <Link className="brand" to="/" aria-label="Plimsoll, all projects">
          <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
            <circle cx="16" cy="16" r="9" fill="none" stroke="var(--accent)" strokeWidth="3" />
            <path d="M1.5 16h29" stroke="var(--accent)" strokeWidth="3" />
          </svg>
          Plimsoll
        </Link>
        {crumbs.length > 0 && (
          <nav className="crumbs" aria-label="Breadcrumbs">
            <ol>
              {crumbs.map((crumb) => (
                <li key={crumb.label}>
                  {crumb.to === undefined ? <span aria-current="page">{crumb.label}</span> : <Link to={crumb.to}>{crumb.label}</Link>}
                </li>
              ))}
            </ol>
          </nav>
        )}
        <div className="topbar-right">
          {nav}
          {right}
          <ThemeSwitch />
          <SignOut />
        </div>
      </header>
      <main className="page" id="main" tabIndex={-1}>{children}</main>
      <TipLayer />
    </div>
  );
}

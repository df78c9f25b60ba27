// How a person shows the service their token: it is kept in a cookie that no script of the page can read.

import { useId, useState, type FormEvent, type ReactNode } from "react";
import { ApiError } from "../api/client";
import { useSession, useSignIn, useSignOut } from "../api/queries";
import { Icon } from "./Icon";
import { inline } from "./inline";
import { Shell } from "./Shell";

/** The pages, unless the service asks for a token that it has not got yet. */
export function Gate({ children }: { children: ReactNode }) {
  const { data } = useSession();
  return data?.token_required && data.token === null ? <SignIn /> : children;
}

function problemOf(error: Error): string {
  if (error instanceof ApiError && error.code === "token_unknown") return "This token is not known here: it was never made, was revoked or has expired.";
  return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
}

function SignIn() {
  const [token, setToken] = useState("");
  const signIn = useSignIn();
  const [field, problem] = [useId(), useId()];
  const send = (event: FormEvent): void => {
    event.preventDefault();
    if (token.trim() !== "") signIn.mutate(token.trim());
  };
  return (
    <Shell title="Sign in">
      <form className="card sign-in" onSubmit={send}>
        <h1>Sign in</h1>
        <p>{inline("This service asks for a token with the scope `read`. Whoever runs it makes one:")}</p>
        <pre>plimsoll token create NAME --scope read</pre>
        <label htmlFor={field}>Token</label>
        <input
          id={field} className="field" type="password" name="token" autoComplete="current-password" autoFocus spellCheck={false} required
          value={token} onChange={(event) => setToken(event.target.value)} aria-invalid={signIn.isError} aria-describedby={signIn.isError ? problem : undefined}
        />
        {signIn.isError && <p id={problem} role="alert" className="status-fail"><Icon name="fail" /> {problemOf(signIn.error)}</p>}
        <button type="submit" className="button primary" disabled={signIn.isPending}>Sign in</button>
      </form>
    </Shell>
  );
}

/** Forgets the token, if there is one. */
export function SignOut() {
  const { data } = useSession();
  const signOut = useSignOut();
  if (!data?.token) return null;
  const held = `Signed in with the token ${data.token.name}`;
  return (
    <button type="button" className="icon-button" aria-label="Sign out" data-tip={`Sign out\n${held}`} disabled={signOut.isPending} onClick={() => signOut.mutate()}>
      <Icon name="leave" />
    </button>
  );
}

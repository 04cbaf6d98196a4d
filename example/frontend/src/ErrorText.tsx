import type { ErrorInfo } from "@authkit-desktop/react";

/** What went wrong, and what to do. The library's errors are parts of sentences; here they are whole ones. */
export function ErrorText({ error: { message, hint } }: { error: ErrorInfo }) {
  return (
    <>
      <span className="sentence">{closed(message)}</span>
      {hint && <span className="sentence">{closed(hint)}</span>}
    </>
  );
}

function closed(text: string): string {
  return /[.!?…]$/u.test(text) ? text : `${text}.`;
}

import type { ErrorInfo } from "./types.js";

/** What every call of this package rejects with. Branch on `code`; `message` and `hint` are for people. */
export class AuthKitError extends Error {
  override readonly name = "AuthKitError";
  readonly code: string;
  readonly hint: string;

  constructor({ code, message, hint }: ErrorInfo, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }

  /** Without the stack: `code`, `message` and `hint` are all that a page should show or copy. */
  toJSON(): ErrorInfo {
    return { code: this.code, message: this.message, hint: this.hint };
  }
}

/**
 * Turns whatever a transport threw into an AuthKitError. A framework wraps the error of a Go method
 * and keeps its JSON in `cause`; where there is none, the call itself failed.
 */
export function toAuthKitError(thrown: unknown): AuthKitError {
  if (thrown instanceof AuthKitError) return thrown;
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  if (isErrorInfo(cause)) {
    const { code, message, hint } = cause;
    return new AuthKitError({ code, message, hint: hint ?? "" }, { cause: thrown });
  }
  return new AuthKitError(
    {
      code: "bridge_failed",
      message: thrown instanceof Error ? thrown.message : String(thrown),
      hint: "The app did not answer as expected; starting it again may help.",
    },
    { cause: thrown },
  );
}

function isErrorInfo(value: unknown): value is Omit<ErrorInfo, "hint"> & { hint?: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<ErrorInfo>).code === "string" &&
    typeof (value as Partial<ErrorInfo>).message === "string"
  );
}

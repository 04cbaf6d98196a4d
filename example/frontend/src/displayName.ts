import type { User } from "@authkit-desktop/react";

/** Null for whom only a mail address is known: that is all that a user must have. */
export function fullName({ name, firstName, lastName }: User): string | null {
  return name ?? ([firstName, lastName].filter(Boolean).join(" ") || null);
}

export function displayName(user: User): string {
  return fullName(user) ?? user.email;
}

export function initials(user: User): string {
  const words = (fullName(user) ?? user.email.replace(/@.*/u, "")).split(/[\s.]+/u);
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join("");
}

import type { User } from "@authkit-desktop/react";

/** The name in full, or what there is instead of it: a mail address is all that a user must have. */
export function displayName({ name, firstName, lastName, email }: User): string {
  return name ?? ([firstName, lastName].filter(Boolean).join(" ") || email);
}

export function initials(user: User): string {
  const words = displayName(user).split(/[\s@.]+/u);
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join("");
}

import { useAuth } from "@authkit-desktop/react";
import { VisuallyHidden } from "@radix-ui/themes";
import { displayName } from "./displayName.js";

/** Says aloud what eyes see change: a screen reader's only sign that the browser has come back. */
export function Announcer() {
  const { status, user, attempt } = useAuth();
  return (
    <VisuallyHidden asChild>
      <p role="status">{says()}</p>
    </VisuallyHidden>
  );

  function says() {
    if (attempt?.step === "exchanging") return "Finishing the sign-in.";
    if (attempt) return "Waiting for you to sign in, in your browser.";
    if (status === "signed-in" && user) return `Signed in as ${displayName(user)}.`;
    return status === "signed-out" ? "Signed out." : "";
  }
}

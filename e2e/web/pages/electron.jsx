// A renderer as it is written for Electron, with the kit's own React package from npm.
import {
  AuthKitProvider,
  SignedIn,
  SignedOut,
  useAccessToken,
  useAuth,
} from "@workos/authkit-electron/react";
import { createElement as h, useState } from "react";
import { createRoot } from "react-dom/client";

function Person() {
  const { user, organizationId, role, permissions, signOut, switchToOrganization } = useAuth();
  const { accessToken } = useAccessToken();
  const [to, setTo] = useState("");
  return h(
    "main",
    null,
    h("h1", null, `${user.firstName} ${user.email}`),
    h("p", { id: "organization" }, organizationId),
    h("p", { id: "role" }, role),
    h("p", { id: "permissions" }, permissions?.join(" ")),
    h("p", { id: "token" }, accessToken),
    h("input", { "aria-label": "To", value: to, onChange: (e) => setTo(e.target.value) }),
    h("button", { onClick: () => switchToOrganization(to) }, "Switch"),
    h("button", { onClick: () => signOut() }, "Sign out"),
  );
}

function Nobody() {
  const { signIn, error } = useAuth();
  return h(
    "main",
    null,
    h("h1", null, "Nobody"),
    error && h("p", { role: "alert" }, `${error.code}: ${error.message}`),
    h("button", { onClick: () => signIn() }, "Sign in"),
  );
}

createRoot(document.getElementById("root")).render(
  h(AuthKitProvider, null, h(SignedIn, null, h(Person)), h(SignedOut, null, h(Nobody))),
);

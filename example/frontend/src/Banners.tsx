import { useAuth } from "@authkit-desktop/react";
import { Callout, Code, Flex } from "@radix-ui/themes";
import type { ReactNode } from "react";
import { useCalls } from "./calls.js";
import { InfoIcon, OfflineIcon, WarningIcon } from "./icons.js";

/** What stays true for a while, above every page. Read out politely when it comes. */
export function Banners() {
  const { status, demo, offline, storage, notices } = useAuth();
  const { error } = useCalls();
  const signedIn = status === "signed-in";
  return (
    <Flex direction="column" gap="2" role="status" aria-label="Notices">
      {demo && <DemoBanner accounts={demo.accounts} />}
      {offline && (
        <Banner color="amber" icon={<OfflineIcon />}>
          You are offline. {signedIn ? "You stay signed in" : "Signing in has to wait"} until the
          network is back.
        </Banner>
      )}
      {storage.kind === "memory" && status !== "loading" && (
        <Banner color="amber" icon={<WarningIcon />}>
          The session is kept in memory only: you will be signed out when the app closes.
          {storage.why && ` Reason: ${storage.why}.`}
        </Banner>
      )}
      {notices.map(({ id, text }) => (
        <Banner key={id} color="amber" icon={<WarningIcon />}>
          {text}
        </Banner>
      ))}
      {signedIn && error && (
        <Banner color="red" icon={<WarningIcon />}>
          {error.message} {error.hint}
        </Banner>
      )}
    </Flex>
  );
}

function DemoBanner({ accounts }: { accounts: { email: string; password: string }[] }) {
  return (
    <Banner color="iris" icon={<InfoIcon />}>
      Demo: a local AuthKit on this computer. Sign in as{" "}
      {accounts.map(({ email, password }, index) => (
        <span key={email}>
          {index > 0 && " or "}
          <Code variant="ghost">{email}</Code> with password <Code variant="ghost">{password}</Code>
        </span>
      ))}
      .
    </Banner>
  );
}

function Banner(props: { color: "iris" | "amber" | "red"; icon: ReactNode; children: ReactNode }) {
  return (
    <Callout.Root size="1" color={props.color}>
      <Callout.Icon>{props.icon}</Callout.Icon>
      <Callout.Text className="wrap">{props.children}</Callout.Text>
    </Callout.Root>
  );
}

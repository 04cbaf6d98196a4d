import { useAuth, type Demo } from "@authkit-desktop/react";
import { Callout, Code, Flex, IconButton, Text } from "@radix-ui/themes";
import { Fragment, type ReactNode } from "react";
import { useCalls } from "./calls.js";
import { ErrorText } from "./ErrorText.js";
import { CloseIcon, InfoIcon, OfflineIcon, WarningIcon } from "./icons.js";

/** What stays true for a while, above every page. Read out politely when it comes. */
export function Banners() {
  const { status, demo, offline, storage, notices } = useAuth();
  const { cancel, error } = useCalls();
  const signedIn = status === "signed-in";
  return (
    <Flex direction="column" gap="2" role="status" aria-label="Notices">
      {demo && <DemoBanner accounts={demo.accounts} />}
      {offline && (
        <Banner color="amber" icon={<OfflineIcon />}>
          You are offline.{" "}
          {signedIn
            ? "You stay signed in, and everything goes on when the network is back."
            : "Signing in has to wait until the network is back."}
        </Banner>
      )}
      {storage.kind === "memory" && status !== "loading" && (
        <Banner color="amber" icon={<WarningIcon />} why={storage.why}>
          The session is kept in memory only: you will be signed out when the app closes.
        </Banner>
      )}
      {notices.map(({ id, text }) => (
        <Banner key={id} color="amber" icon={<WarningIcon />}>
          <span className="sentence">{text}</span>
        </Banner>
      ))}
      {signedIn && error && (
        <Banner color="red" icon={<WarningIcon />} dismiss={cancel}>
          <ErrorText error={error} />
        </Banner>
      )}
    </Flex>
  );
}

function DemoBanner({ accounts }: { accounts: Demo["accounts"] }) {
  const passwords = [...new Set(accounts.map(({ password }) => password))];
  return (
    <Banner color="iris" icon={<InfoIcon />}>
      Demo: a local AuthKit on this computer. Sign in as{" "}
      <Alternatives of={accounts.map(({ email }) => email)} /> with the password{" "}
      <Alternatives of={passwords} />.
    </Banner>
  );
}

function Alternatives({ of }: { of: string[] }) {
  return of.map((text, index) => (
    <Fragment key={text}>
      {index > 0 && " or "}
      <Code variant="ghost">{text}</Code>
    </Fragment>
  ));
}

interface BannerProps {
  color: "iris" | "amber" | "red";
  icon: ReactNode;
  /** What only some will want to read. */
  why?: string;
  dismiss?: () => void;
  children: ReactNode;
}

function Banner({ color, icon, why, dismiss, children }: BannerProps) {
  return (
    <Callout.Root size="1" color={color}>
      <Callout.Icon>{icon}</Callout.Icon>
      <Text as="div" size="2" className="banner-text wrap">
        {children}
        {why && (
          <details>
            <summary>Why?</summary>
            <span className="sentence">{why}</span>
          </details>
        )}
      </Text>
      {dismiss && (
        <IconButton
          className="dismiss"
          size="1"
          variant="ghost"
          aria-label="Dismiss"
          onClick={dismiss}
        >
          <CloseIcon />
        </IconButton>
      )}
    </Callout.Root>
  );
}

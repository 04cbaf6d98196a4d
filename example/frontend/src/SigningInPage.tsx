import type { Attempt } from "@authkit-desktop/react";
import { Button, Flex, Spinner, Text } from "@radix-ui/themes";
import { useCalls } from "./calls.js";
import { CopyField } from "./CopyField.js";
import { useHost } from "./host.js";
import { OutsideIcon } from "./icons.js";
import { Page } from "./Page.js";

export function SigningInPage({ attempt }: { attempt: Attempt }) {
  const { cancel } = useCalls();
  return (
    <Flex direction="column" align="center" gap="5" py="6">
      <Spinner size="3" />
      <Page title="Signing in…" align="center">
        <HowToGoOn attempt={attempt} />
        <Button variant="ghost" color="gray" onClick={cancel}>
          Cancel
        </Button>
      </Page>
    </Flex>
  );
}

function HowToGoOn({ attempt: { step, browserOpened, url } }: { attempt: Attempt }) {
  const { inWindow } = useHost();
  if (step === "exchanging") {
    return <Words>Your browser is done; the app is finishing the sign-in.</Words>;
  }
  if (url === "") return <Words>Opening your browser.</Words>;
  // Where this is a tab itself, a browser is at hand, but may take the new tab for a pop-up and stop it.
  if (!inWindow) return <FollowTheLink url={url} />;
  return browserOpened ? <GoOnInTheBrowser /> : <CopyTheAddress url={url} />;
}

function GoOnInTheBrowser() {
  const { reopen } = useCalls();
  return (
    <>
      <Words>Go on in your browser. This page changes by itself when you are done.</Words>
      <Button variant="soft" onClick={reopen}>
        Open the page again
      </Button>
    </>
  );
}

function CopyTheAddress({ url }: { url: string }) {
  return (
    <>
      <Words>
        The browser could not be opened. Copy this address into it, on this computer, to go on:
      </Words>
      <CopyField label="Address of the sign-in page" value={url} />
    </>
  );
}

function FollowTheLink({ url }: { url: string }) {
  return (
    <>
      <Words>
        The sign-in page opens in a new tab. This page changes by itself when you are done.
      </Words>
      <Button size="3" asChild>
        <a href={url} target="_blank" rel="noreferrer">
          Open the sign-in page <OutsideIcon />
        </a>
      </Button>
      <CopyField label="Address of the sign-in page" value={url} />
    </>
  );
}

function Words({ children }: { children: string }) {
  return (
    <Text as="p" align="center" color="gray" size="3">
      {children}
    </Text>
  );
}

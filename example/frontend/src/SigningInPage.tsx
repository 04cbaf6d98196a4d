import type { Attempt } from "@authkit-desktop/react";
import { Button, Flex, Spinner, Text } from "@radix-ui/themes";
import { useCalls } from "./calls.js";
import { CopyField } from "./CopyField.js";
import { inAppWindow } from "./host.js";
import { OutsideIcon } from "./icons.js";
import { Page } from "./Page.js";

export function SigningInPage({ attempt }: { attempt: Attempt }) {
  const { cancel, reopen, busy } = useCalls();
  return (
    <Flex direction="column" align="center" gap="5" py="6">
      <Spinner size="3" />
      <Page title="Signing in…" align="center">
        {attempt.step === "exchanging" ? (
          <Words>Your browser is done; the app is finishing the sign-in.</Words>
        ) : attempt.browserOpened ? (
          <>
            <Words>Go on in your browser. This page changes by itself when you are done.</Words>
            <Button variant="soft" onClick={reopen} disabled={busy}>
              Open the page again
            </Button>
          </>
        ) : (
          <OpenItYourself url={attempt.url} />
        )}
        <Button variant="ghost" color="gray" onClick={cancel} disabled={busy}>
          Cancel
        </Button>
      </Page>
    </Flex>
  );
}

function OpenItYourself({ url }: { url: string }) {
  if (inAppWindow) {
    return (
      <>
        <Words>
          The browser could not be opened. Copy this address into it, on this computer, to go on:
        </Words>
        <CopyField label="Address of the sign-in page" value={url} />
      </>
    );
  }
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

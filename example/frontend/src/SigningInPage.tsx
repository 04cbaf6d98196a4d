import type { Attempt } from "@authkit-desktop/react";
import { Button, Spinner, Text } from "@radix-ui/themes";
import { useCalls } from "./calls.js";
import { CentredPage } from "./CentredPage.js";
import { CopyField } from "./CopyField.js";
import { useHost } from "./host.js";
import { OutsideIcon } from "./icons.js";
import { Steps } from "./Steps.js";

export function SigningInPage({ attempt }: { attempt: Attempt }) {
  const { cancel } = useCalls();
  return (
    <CentredPage title="Signing in…" sign={<Spinner size="3" className="spinner" />}>
      <HowToGoOn attempt={attempt} />
      <Button variant="soft" color="gray" onClick={cancel}>
        Cancel
      </Button>
      <Steps now={attempt.step === "exchanging" ? 1 : 0} />
    </CentredPage>
  );
}

function HowToGoOn({ attempt: { step, browserOpened, url } }: { attempt: Attempt }) {
  const { inWindow } = useHost();
  if (step === "exchanging") {
    return <Words>Your browser is done; the app is finishing the sign-in.</Words>;
  }
  if (url === "") return <Words>Opening your browser…</Words>;
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
      <Words>Your browser could not be opened. To go on, open this address in it yourself:</Words>
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

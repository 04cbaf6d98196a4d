import type { ErrorInfo } from "@authkit-desktop/react";
import { Button, Callout, Flex, Text } from "@radix-ui/themes";
import { useState } from "react";
import { useCalls } from "./calls.js";
import { useHost } from "./host.js";
import { CheckIcon, CopyIcon, WarningIcon } from "./icons.js";
import { ErrorText } from "./ErrorText.js";
import { Page } from "./Page.js";

/** Why signing in, or the app itself, did not work, and the way on. */
export function FailedPage({ error }: { error: ErrorInfo }) {
  const { retry } = useCalls();
  return (
    <Flex direction="column" align="center" py="6">
      <Page title="That did not work" align="center">
        <Callout.Root color="red" role="alert">
          <Callout.Icon>
            <WarningIcon />
          </Callout.Icon>
          <Callout.Text className="wrap">
            <ErrorText error={error} />
          </Callout.Text>
        </Callout.Root>
        <Flex gap="3" justify="center" wrap="wrap">
          <Button size="3" onClick={retry}>
            Try again
          </Button>
          <CopyDetails error={error} />
        </Flex>
        <Text size="1" color="gray">
          Code: {error.code}
        </Text>
      </Page>
    </Flex>
  );
}

/** For who asks for help. An error of the library holds no secret; nothing else is added but where and when. */
function CopyDetails({ error }: { error: ErrorInfo }) {
  const host = useHost();
  const [copied, setCopied] = useState(false);
  function copy() {
    const details = { ...error, time: new Date().toISOString(), engine: navigator.userAgent };
    host.copy(JSON.stringify(details, null, 2)).then(
      () => {
        setCopied(true);
      },
      () => {}, // The button says nothing then; the code is on the page.
    );
  }
  return (
    <Button size="3" variant="soft" color="gray" onClick={copy}>
      {copied ? <CheckIcon /> : <CopyIcon />} {copied ? "Copied" : "Copy details"}
    </Button>
  );
}

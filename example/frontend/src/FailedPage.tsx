import { useAuth, type ErrorInfo } from "@authkit-desktop/react";
import { Button, Flex, Text } from "@radix-ui/themes";
import { useState } from "react";
import { useCalls } from "./calls.js";
import { CentredPage } from "./CentredPage.js";
import { ErrorText } from "./ErrorText.js";
import { useHost } from "./host.js";
import { CheckIcon, CopyIcon, WarningIcon } from "./icons.js";

/** Why signing in, or the app itself, did not work, and the way on. */
export function FailedPage({ error }: { error: ErrorInfo }) {
  const { isLoading } = useAuth();
  const { cancel, retry } = useCalls();
  return (
    <CentredPage
      title="That did not work"
      sign={
        <span className="sign-failed">
          <WarningIcon />
        </span>
      }
    >
      <div role="alert">
        <Text as="p" align="center" color="gray" size="3" className="wrap">
          <ErrorText error={error} />
        </Text>
      </div>
      <Flex gap="3" justify="center" wrap="wrap">
        <Button size="3" onClick={retry}>
          Try again
        </Button>
        <CopyDetails error={error} />
        {!isLoading && (
          <Button size="3" variant="soft" color="gray" onClick={cancel}>
            Back
          </Button>
        )}
      </Flex>
      <Text size="1" color="gray">
        Code: {error.code}
      </Text>
    </CentredPage>
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

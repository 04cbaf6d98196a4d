import type { ErrorInfo } from "@authkit-desktop/react";
import { Button, Callout, Flex, Text } from "@radix-ui/themes";
import { useCalls } from "./calls.js";
import { WarningIcon } from "./icons.js";
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
        <Button size="3" onClick={retry}>
          Try again
        </Button>
        <Text size="1" color="gray">
          Code: {error.code}
        </Text>
      </Page>
    </Flex>
  );
}

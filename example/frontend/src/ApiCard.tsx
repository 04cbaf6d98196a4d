import type { AuthKitError } from "@authkit-desktop/react";
import { Badge, Button, Card, Flex, Heading, Text } from "@radix-ui/themes";
import { useState } from "react";
import { useApi, type Answer } from "./api.js";

/** What an access token is for: the server believes it, and answers with what it says. */
export function ApiCard() {
  const api = useApi();
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Answer | { problem: string } | null>(null);

  async function call() {
    setBusy(true);
    try {
      setOutcome(await api("/api/me"));
    } catch (thrown) {
      setOutcome({ problem: (thrown as AuthKitError).message });
    }
    setBusy(false);
  }

  return (
    <Card size="3">
      <Flex direction="column" gap="4">
        <Flex justify="between" align="center" gap="3" wrap="wrap">
          <Heading as="h2" size="4">
            Your API
          </Heading>
          <Button variant="soft" loading={busy} onClick={() => void call()}>
            Call GET /api/me
          </Button>
        </Flex>
        <Text as="p" size="2" color="gray">
          A small Go server checks the access token’s signature, issuer and time, and answers with
          its claims.
        </Text>
        <div role="status" aria-label="Answer of the API" className="answer">
          {outcome && <Outcome outcome={outcome} />}
        </div>
      </Flex>
    </Card>
  );
}

function Outcome({ outcome }: { outcome: Answer | { problem: string } }) {
  if ("problem" in outcome) {
    return (
      <Text as="p" size="2" color="red">
        <span className="sentence">{outcome.problem}</span>
      </Text>
    );
  }
  const { status, body } = outcome;
  return (
    <Flex direction="column" align="start" gap="2">
      <Badge color={status === 200 ? "iris" : "red"}>
        {status === 200 ? "200 OK" : String(status)}
      </Badge>
      <pre className="code">{JSON.stringify(body, null, 2)}</pre>
    </Flex>
  );
}

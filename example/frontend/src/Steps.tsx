import { Card, Flex, Heading, Text } from "@radix-ui/themes";
import { CheckIcon } from "./icons.js";

const steps = [
  ["In your browser", "Passkeys, password manager and single sign-on work as you know them."],
  ["Back in the app", "The browser hands over a code that is of use to this app alone."],
  ["Kept for you", "The session is sealed on this computer, and you stay signed in."],
] as const;

/** What a sign-in is; `now` is the step that is under way. */
export function Steps({ now = -1 }: { now?: number }) {
  return (
    <ol className="steps">
      {steps.map(([title, text], at) => (
        <Card key={title} size="2" asChild>
          <li aria-current={at === now ? "step" : undefined}>
            <Flex align="center" gap="2" mb="2">
              <span className="step-mark" aria-hidden="true">
                {at < now ? <CheckIcon /> : at + 1}
              </span>
              <Heading as="h2" size="3">
                {title}
              </Heading>
            </Flex>
            <Text as="p" size="2" color="gray">
              {text}
            </Text>
          </li>
        </Card>
      ))}
    </ol>
  );
}

import { SignedIn, SignedOut, useAuth } from "@authkit-desktop/react";
import { Avatar, Button, Card, Flex, Heading, Text } from "@radix-ui/themes";
import { useAccounts } from "./accounts.js";
import { useCalls } from "./calls.js";
import { displayName, initials } from "./displayName.js";
import { Page } from "./Page.js";
import { linkTo } from "./route.js";

export function HomePage() {
  return (
    <>
      <SignedIn>
        <Greeting />
      </SignedIn>
      <SignedOut>
        <Invitation />
      </SignedOut>
    </>
  );
}

function Greeting() {
  const { user } = useAuth();
  if (!user) return null;
  return (
    <Flex direction="column" align="center" gap="5" py="6">
      <Avatar
        size="7"
        radius="full"
        src={user.profilePictureUrl ?? undefined}
        fallback={initials(user)}
        alt=""
      />
      <Page title={`Welcome, ${user.firstName ?? displayName(user)}`} align="center">
        <Text as="p" align="center" color="gray" size="3" className="wrap">
          You are signed in as {user.email}.
        </Text>
        <Button size="3" variant="soft" asChild>
          <a href={linkTo.account}>View your account</a>
        </Button>
      </Page>
    </Flex>
  );
}

function Invitation() {
  const { signIn, signUp } = useCalls();
  return (
    <Flex direction="column" align="center" gap="5" pt="6">
      <img src="/logo.svg" alt="" width="72" height="72" />
      <Page title="Sign in to continue" align="center">
        <Text as="p" align="center" color="gray" size="3">
          Your own browser opens the sign-in page. This app never sees your password.
        </Text>
        <Flex gap="3" justify="center" wrap="wrap">
          <Button size="3" onClick={signIn}>
            Sign in
          </Button>
          <Button size="3" variant="soft" onClick={signUp}>
            Create an account
          </Button>
        </Flex>
        <OtherAccounts />
        <Steps />
      </Page>
    </Flex>
  );
}

/** Who signed out of one account may still have another. */
function OtherAccounts() {
  const { switchToAccount } = useCalls();
  return useAccounts().map(({ id, user }) => (
    <Button
      key={id}
      variant="surface"
      onClick={() => {
        switchToAccount(id);
      }}
    >
      Continue as {displayName(user)}
    </Button>
  ));
}

const steps = [
  ["In your browser", "Passkeys, password manager and single sign-on work as you know them."],
  ["Back in the app", "The browser hands over a code that is of use to this app alone."],
  ["Kept for you", "The session is sealed on this computer, and you stay signed in."],
] as const;

function Steps() {
  return (
    <ol className="steps">
      {steps.map(([title, text]) => (
        <Card key={title} size="2" asChild>
          <li>
            <Heading as="h2" size="3" mb="1">
              {title}
            </Heading>
            <Text as="p" size="2" color="gray">
              {text}
            </Text>
          </li>
        </Card>
      ))}
    </ol>
  );
}

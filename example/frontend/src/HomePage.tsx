import { SignedIn, SignedOut, useAuth } from "@authkit-desktop/react";
import { Avatar, Button, Flex, Text } from "@radix-ui/themes";
import { useAccounts } from "./accounts.js";
import { useCalls } from "./calls.js";
import { CentredPage } from "./CentredPage.js";
import { displayName, initials } from "./displayName.js";
import { linkTo } from "./route.js";
import { Steps } from "./Steps.js";

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
    <CentredPage
      title={`Welcome, ${user.firstName ?? displayName(user)}`}
      sign={
        <Avatar
          size="6"
          radius="full"
          src={user.profilePictureUrl ?? undefined}
          fallback={initials(user)}
          alt=""
        />
      }
    >
      <Text as="p" align="center" color="gray" size="3" className="wrap">
        You are signed in as {user.email}.
      </Text>
      <Button size="3" variant="soft" asChild>
        <a href={linkTo.account}>View your account</a>
      </Button>
    </CentredPage>
  );
}

function Invitation() {
  const { signIn, signUp } = useCalls();
  return (
    <CentredPage
      title="Sign in to continue"
      sign={<img src="/logo.svg" alt="" width="72" height="72" />}
    >
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
    </CentredPage>
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

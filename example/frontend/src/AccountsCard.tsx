import { Avatar, Badge, Button, Card, Flex, Heading, Text } from "@radix-ui/themes";
import { useAccounts } from "./accounts.js";
import { useCalls } from "./calls.js";
import { displayName, fullName, initials } from "./displayName.js";

/** Who is signed in to the app, to change places without a browser. */
export function AccountsCard() {
  const { addAccount, switchToAccount, signOutAll } = useCalls();
  const accounts = useAccounts();
  return (
    <Card size="3">
      <Flex direction="column" gap="4">
        <Heading as="h2" size="4">
          Accounts on this computer
        </Heading>
        <ul className="plain">
          {accounts.map(({ id, user, current }) => (
            <Flex key={id} align="center" gap="3" asChild>
              <li>
                <Avatar
                  size="2"
                  radius="full"
                  src={user.profilePictureUrl ?? undefined}
                  fallback={initials(user)}
                  alt=""
                />
                <Flex direction="column" flexGrow="1" className="wrap">
                  <Text size="2" weight="medium">
                    {displayName(user)}
                  </Text>
                  {fullName(user) && (
                    <Text size="1" color="gray">
                      {user.email}
                    </Text>
                  )}
                </Flex>
                {current ? (
                  <Badge color="gray">current</Badge>
                ) : (
                  <Button
                    size="1"
                    variant="soft"
                    aria-label={`Switch to ${displayName(user)}`}
                    onClick={() => {
                      switchToAccount(id);
                    }}
                  >
                    Switch
                  </Button>
                )}
              </li>
            </Flex>
          ))}
        </ul>
        <Flex gap="3" wrap="wrap">
          <Button variant="soft" onClick={addAccount}>
            Add another account
          </Button>
          {accounts.length > 1 && (
            <Button variant="soft" color="gray" onClick={signOutAll}>
              Sign everybody out
            </Button>
          )}
        </Flex>
      </Flex>
    </Card>
  );
}

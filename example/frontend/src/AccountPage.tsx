import { SignedIn, SignedOut, useAuth } from "@authkit-desktop/react";
import { Badge, Button, Card, Code, DataList, Flex, Text } from "@radix-ui/themes";
import type { ReactNode } from "react";
import { AccountsCard } from "./AccountsCard.js";
import { ApiCard } from "./ApiCard.js";
import { useCalls } from "./calls.js";
import { Countdown } from "./Countdown.js";
import { fullName } from "./displayName.js";
import { OrganizationSwitch } from "./OrganizationSwitch.js";
import { Page } from "./Page.js";

export function AccountPage() {
  return (
    <Page title="Account">
      <SignedIn>
        <Details />
        <ApiCard />
        <AccountsCard />
      </SignedIn>
      <SignedOut>
        <Nobody />
      </SignedOut>
    </Page>
  );
}

function Nobody() {
  const { signIn } = useCalls();
  return (
    <Card size="3">
      <Flex direction="column" align="start" gap="4">
        <Text as="p">Sign in to see your account.</Text>
        <Button onClick={signIn}>Sign in</Button>
      </Flex>
    </Card>
  );
}

function Details() {
  const { user, sessionId, authenticationMethod, role, permissions, impersonator, expiresAt } =
    useAuth();
  if (!user) return null;
  return (
    <Card size="3">
      <DataList.Root orientation={{ initial: "vertical", sm: "horizontal" }}>
        <Row label="Name">{fullName(user) ?? none}</Row>
        <Row label="Email">
          {user.email}
          {user.emailVerified && (
            <Badge ml="2" variant="soft">
              verified
            </Badge>
          )}
        </Row>
        {impersonator && <Row label="Impersonated by">{impersonator.email}</Row>}
        <Row label="User">{id(user.id)}</Row>
        <Row label="Organization">
          <OrganizationSwitch />
        </Row>
        <Row label="Session">{id(sessionId)}</Row>
        {authenticationMethod && <Row label="Signed in by">{authenticationMethod}</Row>}
        <Row label="Role">{role ?? none}</Row>
        <Row label="Permissions">
          {permissions.length === 0 ? none : <Permissions of={permissions} />}
        </Row>
        <Row label="Access token">
          {expiresAt === null ? none : <Countdown until={expiresAt} />}
        </Row>
      </DataList.Root>
    </Card>
  );
}

const none = <Text color="gray">none</Text>;

function id(value: string | null) {
  return value === null ? none : <Code variant="ghost">{value}</Code>;
}

function Permissions({ of }: { of: string[] }) {
  return (
    <Flex gap="2" wrap="wrap">
      {of.map((permission) => (
        <Badge key={permission} variant="soft">
          {permission}
        </Badge>
      ))}
    </Flex>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <DataList.Item align={{ initial: "start", sm: "center" }}>
      <DataList.Label minWidth="120px">{label}</DataList.Label>
      <DataList.Value>
        <span className="wrap">{children}</span>
      </DataList.Value>
    </DataList.Item>
  );
}

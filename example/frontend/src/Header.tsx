import { useAuth } from "@authkit-desktop/react";
import { Button, Container, DropdownMenu, Flex, IconButton } from "@radix-ui/themes";
import { name as appName } from "../../app.json";
import { useCalls } from "./calls.js";
import { MoonIcon, ScreenIcon, SunIcon } from "./icons.js";
import { linkTo, useRoute, type Route } from "./route.js";
import { schemes, type Scheme, type SchemeChoice } from "./theme.js";

export function Header({ choice }: { choice: SchemeChoice }) {
  return (
    <header className="bar">
      <Container size="3" px="4">
        <Flex align="center" gap="3" py="3">
          <a className="brand" href={linkTo.home}>
            <img src="/logo.svg" alt="" width="28" height="28" />
            <span>{appName}</span>
          </a>
          <nav className="nav" aria-label="Pages">
            <NavLink to="home">Home</NavLink>
            <NavLink to="account">Account</NavLink>
          </nav>
          <Flex align="center" gap="2" ml="auto">
            <SchemeMenu {...choice} />
            <SessionButton />
          </Flex>
        </Flex>
      </Container>
    </header>
  );
}

function NavLink({ to, children }: { to: Route; children: string }) {
  return (
    <a href={linkTo[to]} aria-current={useRoute() === to ? "page" : undefined}>
      {children}
    </a>
  );
}

function SessionButton() {
  const { status, attempt } = useAuth();
  const { signIn, signOut } = useCalls();
  // The page itself offers what can be done while a sign-in is under way.
  if (status === "loading" || attempt) return null;
  return status === "signed-in" ? (
    <Button variant="soft" color="gray" onClick={signOut}>
      Sign out
    </Button>
  ) : (
    <Button onClick={signIn}>Sign in</Button>
  );
}

const schemeNames: Record<Scheme, string> = { light: "Light", dark: "Dark", system: "System" };
const schemeIcons = { light: SunIcon, dark: MoonIcon, system: ScreenIcon };

function SchemeMenu({ scheme, choose }: SchemeChoice) {
  const Icon = schemeIcons[scheme];
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger>
        <IconButton
          variant="ghost"
          color="gray"
          aria-label={`Appearance: ${schemeNames[scheme]}`}
          mx="1"
        >
          <Icon />
        </IconButton>
      </DropdownMenu.Trigger>
      <DropdownMenu.Content align="end">
        <DropdownMenu.RadioGroup
          value={scheme}
          onValueChange={(value) => {
            choose(value as Scheme);
          }}
        >
          {schemes.map((one) => (
            <DropdownMenu.RadioItem key={one} value={one}>
              {schemeNames[one]}
            </DropdownMenu.RadioItem>
          ))}
        </DropdownMenu.RadioGroup>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

import { Container, Flex, Link, Text } from "@radix-ui/themes";

export function Footer() {
  return (
    <footer>
      <Container size="3" px="4" py="5">
        <Flex justify="between" gap="3" wrap="wrap" asChild>
          <Text size="2" color="gray">
            <span>Sign-in for Go desktop apps</span>
            <Flex gap="4">
              <OutsideLink href="https://github.com/authkit-desktop/authkit">Source</OutsideLink>
              <OutsideLink href="https://workos.com/docs/authkit">AuthKit docs</OutsideLink>
            </Flex>
          </Text>
        </Flex>
      </Container>
    </footer>
  );
}

function OutsideLink({ href, children }: { href: string; children: string }) {
  return (
    <Link href={href} target="_blank" rel="noreferrer" color="gray" underline="always">
      {children}
    </Link>
  );
}

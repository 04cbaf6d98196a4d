import { Flex } from "@radix-ui/themes";
import type { ReactNode } from "react";
import { Page } from "./Page.js";

/** A page about one thing, with a sign above its title; the titles of all such pages are at the same place. */
export function CentredPage({
  sign,
  title,
  children,
}: {
  sign: ReactNode;
  title: string;
  children: ReactNode;
}) {
  return (
    <Flex direction="column" align="center" gap="5" className="centred">
      <div className="sign">{sign}</div>
      <Page title={title} align="center">
        {children}
      </Page>
    </Flex>
  );
}

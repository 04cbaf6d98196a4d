import { Flex, Heading, type HeadingProps } from "@radix-ui/themes";
import { useEffect, useRef, type ReactNode } from "react";
import { name as appName } from "../../app.json";

const windowTitle = (title: string) => `${title} – ${appName}`;
const atStart = document.title;

/**
 * One page: its title is the window's title, and takes the focus when the page replaces another one,
 * so that keyboard and screen reader go on from there. Not at the start, where nothing was replaced.
 */
export function Page({
  title,
  align = "start",
  children,
}: {
  title: string;
  align?: "start" | "center";
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const before = document.title;
    document.title = windowTitle(title);
    if (before !== atStart && before !== document.title) heading.current?.focus();
  }, [title]);
  const text: HeadingProps = align === "center" ? { align: "center", size: "8" } : { size: "7" };
  return (
    <Flex direction="column" gap="5" width="100%" align={align === "center" ? "center" : "stretch"}>
      <Heading as="h1" tabIndex={-1} ref={heading} className="page-title" {...text}>
        {title}
      </Heading>
      {children}
    </Flex>
  );
}

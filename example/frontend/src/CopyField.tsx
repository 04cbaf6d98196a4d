import { Button, Flex, TextField } from "@radix-ui/themes";
import { useRef, useState } from "react";
import { useHost } from "./host.js";
import { CheckIcon, CopyIcon } from "./icons.js";

/** A text to take elsewhere: by the button or, where that fails, selected for the keyboard. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const host = useHost();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  function copy() {
    field.current?.select();
    host.copy(value).then(
      () => {
        setCopied(true);
      },
      () => {}, // It is selected: Ctrl+C copies it.
    );
  }
  return (
    <Flex gap="2" width="100%" maxWidth="480px">
      <Flex flexGrow="1" asChild>
        <TextField.Root
          ref={field}
          readOnly
          aria-label={label}
          value={value}
          onFocus={(event) => {
            event.target.select();
          }}
        />
      </Flex>
      <Button variant="soft" onClick={copy}>
        {copied ? <CheckIcon /> : <CopyIcon />} {copied ? "Copied" : "Copy"}
      </Button>
    </Flex>
  );
}

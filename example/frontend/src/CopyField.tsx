import { Button, Flex, TextField } from "@radix-ui/themes";
import { Clipboard } from "@wailsio/runtime";
import { useRef, useState } from "react";
import { inAppWindow } from "./host.js";
import { CheckIcon, CopyIcon } from "./icons.js";

/** A text to take elsewhere: by the button or, where that fails, selected for the keyboard. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  function copy() {
    field.current?.select();
    // A page of an app window is no "secure context" on every system, so the browser's own clipboard may be missing.
    const done = inAppWindow ? Clipboard.SetText(value) : navigator.clipboard.writeText(value);
    done.then(
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

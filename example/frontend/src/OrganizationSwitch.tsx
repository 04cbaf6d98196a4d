import { useAuth } from "@authkit-desktop/react";
import { Button, Code, Flex, Select, TextField } from "@radix-ui/themes";
import { useEffect, useState } from "react";
import { useApi } from "./api.js";
import { useCalls } from "./calls.js";

interface Organization {
  id: string;
  name: string;
}

/** Shows the organization, and switches to another one: by its name where a server lists them, otherwise by its id. */
export function OrganizationSwitch() {
  const { organizationId } = useAuth();
  const { switchToOrganization } = useCalls();
  const organizations = useOrganizations();
  if (!organizations?.some(({ id }) => organizationId === null || id === organizationId)) {
    return <ById current={organizationId} choose={switchToOrganization} />;
  }
  return (
    <Select.Root value={organizationId ?? ""} onValueChange={switchToOrganization}>
      <Select.Trigger aria-label="Organization" placeholder="none" />
      <Select.Content>
        {organizations.map(({ id, name }) => (
          <Select.Item key={id} value={id}>
            {name}
          </Select.Item>
        ))}
      </Select.Content>
    </Select.Root>
  );
}

function ById({ current, choose }: { current: string | null; choose: (id: string) => void }) {
  const [id, setId] = useState("");
  return (
    <Flex direction="column" align="start" gap="2">
      {current === null ? "none" : <Code variant="ghost">{current}</Code>}
      <Flex gap="2">
        <TextField.Root
          size="1"
          aria-label="Organization to switch to"
          placeholder="org_…"
          value={id}
          onChange={(event) => {
            setId(event.target.value);
          }}
        />
        <Button
          size="1"
          variant="soft"
          disabled={id === ""}
          onClick={() => {
            choose(id.trim());
          }}
        >
          Switch
        </Button>
      </Flex>
    </Flex>
  );
}

/** Null where nobody can tell: offline, or without a server. */
function useOrganizations(): Organization[] | null {
  const api = useApi();
  const userId = useAuth().user?.id;
  const [list, setList] = useState<Organization[] | null>(null);
  useEffect(() => {
    let current = true;
    api("/api/organizations").then(
      ({ status, body }) => {
        if (current) setList(status === 200 ? (body as Organization[]) : null);
      },
      () => {}, // The id is shown instead.
    );
    return () => {
      current = false;
    };
  }, [api, userId]);
  return list;
}

import { AuthKitProvider, createAuthStore } from "@authkit-desktop/react";
import { createFakeTransport, signedIn } from "@authkit-desktop/react/testing";
import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { App } from "../src/App.js";
import { HostContext } from "../src/host.js";
import { api, stories, type Story } from "../stories/stories.js";

async function open(story: Story) {
  if (story.route) window.location.hash = story.route;
  const transport = createFakeTransport(story.state);
  transport.others = story.others ?? [];
  const copy = vi.fn<(text: string) => Promise<void>>(() => Promise.resolve());
  render(
    <StrictMode>
      <HostContext value={{ inWindow: !story.tab, copy }}>
        <AuthKitProvider store={createAuthStore(transport)}>
          <App />
        </AuthKitProvider>
      </HostContext>
    </StrictMode>,
  );
  await act(async () => {});
  return { transport, copy, user: userEvent.setup() };
}

// The server behind /api/, which wants to see a token.
const asked = vi.fn((path: string, options?: RequestInit) => {
  const hasToken = new Headers(options?.headers).get("Authorization")?.startsWith("Bearer token ");
  return Promise.resolve(hasToken ? Response.json(api[path]) : Response.json({}, { status: 401 }));
});
beforeEach(() => {
  asked.mockClear();
  vi.stubGlobal("fetch", asked);
});

const title = () => screen.getByRole("heading", { level: 1 }).textContent;
const button = (name: string) => within(screen.getByRole("main")).getByRole("button", { name });

describe("every screen", () => {
  it.each(Object.entries<Story>(stories))(
    "%s: landmarks, one title, named controls",
    async (_, story) => {
      await open(story);
      for (const landmark of ["banner", "navigation", "main", "contentinfo"]) {
        screen.getByRole(landmark);
      }
      expect(screen.getAllByRole("heading", { level: 1 })).toHaveLength(1);
      for (const control of [...screen.getAllByRole("link"), ...screen.queryAllByRole("button")]) {
        expect(control.getAttribute("aria-label") ?? control.textContent).not.toBe("");
      }
    },
  );
});

describe("before the app has answered", () => {
  it("offers neither to sign in nor to sign out", async () => {
    const transport = createFakeTransport(signedIn);
    transport.holdAnswers();
    render(
      <AuthKitProvider store={createAuthStore(transport)}>
        <App />
      </AuthKitProvider>,
    );
    await act(async () => {});
    expect(screen.queryByRole("button", { name: /^Sign/ })).toBeNull();
    expect(title()).toBe("Looking for your session…");
  });
});

describe("signing in", () => {
  it("goes from the button to the greeting, and every step is said aloud", async () => {
    const { transport, user } = await open(stories["signed-out"]);
    await user.click(button("Sign in"));
    expect(title()).toBe("Signing in…");
    screen.getByText("Waiting for you to sign in, in your browser.");
    act(() => {
      transport.completeSignIn();
    });
    expect(title()).toBe("Welcome, Alice");
    screen.getByText("Signed in as Alice Arnold.");
    expect(document.title).toBe("Welcome, Alice – AuthKit Desktop");
  });

  it("can be cancelled, and the page opened again", async () => {
    const { transport, user } = await open(stories["signing-in"]);
    await user.click(button("Open the page again"));
    expect(transport.calls.at(-1)).toEqual(["reopenSignIn"]);
    await user.click(button("Cancel"));
    expect(title()).toBe("Sign in to continue");
  });

  it("asks for the sign-up page where that was wanted", async () => {
    const { transport, user } = await open(stories["signed-out"]);
    await user.click(button("Create an account"));
    expect(transport.calls.at(-1)).toEqual(["signIn", { screenHint: "sign-up" }]);
  });

  it("hands out the address where the browser could not be opened", async () => {
    const story = stories["signing-in-no-browser"];
    const { copy, user } = await open(story);
    const { url } = story.state.attempt;
    screen.getByDisplayValue(url);
    expect(screen.queryByRole("link", { name: "Open the sign-in page" })).toBeNull();
    await user.click(button("Copy"));
    expect(copy).toHaveBeenCalledExactlyOnceWith(url);
    button("Copied");
  });

  it("has it as a link where the page is in a browser itself", async () => {
    const story = stories["signing-in-tab"];
    await open(story);
    const link = screen.getByRole("link", { name: "Open the sign-in page" });
    expect(link.getAttribute("href")).toBe(story.state.attempt.url);
  });

  it("says why it failed, aloud and with the hint, and tries again", async () => {
    const { transport, user } = await open(stories.failed);
    expect(screen.getByRole("alert").textContent).toContain("api.workos.com could not be reached");
    expect(screen.getByRole("alert").textContent).toContain("Check the connection");
    await user.click(button("Try again"));
    expect(transport.calls.at(-1)).toEqual(["signIn", {}]);
    expect(title()).toBe("Signing in…");
  });

  it("lets the person go back instead", async () => {
    const { user } = await open(stories.failed);
    await user.click(button("Back"));
    expect(title()).toBe("Sign in to continue");
  });

  it("says so, too, when the call itself was refused, and gives the button back", async () => {
    const { transport, user } = await open(stories["signed-out"]);
    transport.failNextCall({ code: "busy", message: "another window is signing in", hint: "" });
    await user.click(button("Sign in"));
    expect(screen.getByRole("alert").textContent).toBe("another window is signing in.");
    await user.click(button("Try again"));
    expect(title()).toBe("Signing in…");
  });
});

describe("when the app does not answer", () => {
  it("says so, and asks it again", async () => {
    const transport = createFakeTransport(signedIn);
    transport.failNextCall({ code: "bridge_failed", message: "the app does not answer", hint: "" });
    render(
      <AuthKitProvider store={createAuthStore(transport)}>
        <App />
      </AuthKitProvider>,
    );
    await act(async () => {});
    expect(screen.getByRole("alert").textContent).toContain("the app does not answer");
    await userEvent.click(button("Try again"));
    expect(title()).toBe("Welcome, Alice");
  });
});

describe("signed in", () => {
  it("shows all that is known on the account page", async () => {
    await open(stories.account);
    const { user, sessionId, permissions } = stories.account.state;
    for (const text of [
      user?.name,
      user?.email,
      user?.id,
      "Acme",
      sessionId,
      ...(permissions ?? []),
    ]) {
      expect(screen.getByRole("main").textContent).toContain(text);
    }
  });

  it("shows what is missing as none", async () => {
    await open(stories["account-sparse"]);
    expect(screen.getAllByText("none")).toHaveLength(5);
    expect(screen.getAllByText("alice@example.com")).not.toHaveLength(0);
  });

  it("signs out, here and when it happened in another window", async () => {
    const { transport, user } = await open(stories["signed-in"]);
    await user.click(screen.getByRole("button", { name: "Sign out" }));
    expect(title()).toBe("Sign in to continue");
    act(() => {
      transport.completeSignIn();
    });
    act(() => {
      transport.change({ status: "signed-out", user: null });
    });
    expect(title()).toBe("Sign in to continue");
  });

  it("keeps an error in a banner until it has been read, and the page where it is", async () => {
    const { transport, user } = await open(stories["signed-in"]);
    act(() => {
      transport.change({ error: { code: "x", message: "the switch was refused", hint: "" } });
    });
    expect(title()).toBe("Welcome, Alice");
    const notices = screen.getByRole("status", { name: "Notices" });
    expect(notices.textContent).toContain("refused");
    await user.click(button("Dismiss"));
    expect(notices.textContent).toBe("");
  });
});

describe("the account page", () => {
  it("calls the API with the token, and shows what it says", async () => {
    const { user } = await open(stories.account);
    await user.click(button("Call GET /api/me"));
    const answer = screen.getByRole("status", { name: "Answer of the API" });
    expect(answer.textContent).toContain("200 OK");
    expect(answer.textContent).toContain('"role": "admin"');
    expect(asked.mock.lastCall?.[0]).toBe("/api/me");
    expect(document.body.textContent).not.toContain("Bearer");
  });

  it("says why there is no token to call it with", async () => {
    const { transport, user } = await open(stories.account);
    transport.failNextCall({ code: "offline", message: "no network", hint: "" });
    await user.click(button("Call GET /api/me"));
    expect(screen.getByRole("status", { name: "Answer of the API" }).textContent).toBe(
      "no network",
    );
  });

  it("switches the organization by its name", async () => {
    const { transport, user } = await open(stories.account);
    const choice = screen.getByRole("combobox", { name: "Organization" });
    expect(choice.textContent).toBe("Acme");
    choice.focus();
    await user.keyboard("{Enter}");
    await user.click(await screen.findByRole("option", { name: "Globex" }));
    expect(transport.calls.at(-1)).toEqual([
      "switchOrganization",
      "org_01KA2V5R8B0GLOBEX000000000",
    ]);
  });

  it("switches by the id where no server lists the organizations", async () => {
    asked.mockImplementation(() => Promise.resolve(Response.json({}, { status: 404 })));
    const { transport, user } = await open(stories.account);
    await user.type(screen.getByLabelText("Organization to switch to"), "org_02");
    const row = screen.getByLabelText("Organization to switch to").closest("dd");
    if (!row) throw new Error("the field is in no row");
    await user.click(within(row).getByRole("button", { name: "Switch" }));
    expect(transport.calls.at(-1)).toEqual(["switchOrganization", "org_02"]);
  });

  it("switches to another account, and adds one", async () => {
    const { transport, user } = await open(stories["two-accounts"]);
    await user.click(button("Switch to Bob Baker"));
    screen.getByText("Signed in as Bob Baker.");
    button("Switch to Alice Arnold");
    await user.click(button("Add another account"));
    expect(transport.calls.at(-1)).toEqual(["signIn", { addAccount: true, prompt: "login" }]);
  });

  it("signs everybody out where there is more than one", async () => {
    const { transport, user } = await open(stories["two-accounts"]);
    await user.click(button("Sign everybody out"));
    expect(transport.calls).toContainEqual(["signOut", { allAccounts: true }]);
  });
});

it("goes on as somebody else who is still signed in", async () => {
  const { user } = await open(stories["signed-out-of-one"]);
  await user.click(button("Continue as Bob Baker"));
  expect(title()).toBe("Welcome, Bob");
});

it("copies what went wrong, for who asks for help", async () => {
  const { copy, user } = await open(stories.failed);
  await user.click(button("Copy details"));
  const details = JSON.parse(copy.mock.lastCall?.[0] ?? "{}") as object;
  expect(Object.keys(details)).toEqual(["code", "message", "hint", "time", "engine"]);
  expect(details).toMatchObject(stories.failed.state.error);
  button("Copied");
});

describe("the banners", () => {
  it.each([
    ["offline", "You stay signed in"],
    ["memory-only", "signed out when the app closes"],
    ["scheme-taken", "Other App (/opt/other/app)"],
    ["demo", "alice@example.com or bob@example.com with the password emulator-demo"],
  ] as const)("%s: are read out politely", async (name, text) => {
    await open(stories[name]);
    expect(screen.getByRole("status", { name: "Notices" }).textContent).toContain(text);
  });

  it("go when what they say is over", async () => {
    const { transport } = await open(stories.offline);
    act(() => {
      transport.change({ offline: false });
    });
    expect(screen.getByRole("status", { name: "Notices" }).textContent).toBe("");
  });
});

describe("with the keyboard alone", () => {
  it("reaches the content first, then each page, and the focus follows", async () => {
    const { user } = await open(stories["signed-in"]);
    await user.tab();
    expect(document.activeElement?.textContent).toBe("Skip to the content");
    await user.keyboard("{Enter}");
    expect(document.activeElement).toBe(screen.getByRole("main"));
    await user.tab();
    expect(document.activeElement?.textContent).toBe("View your account");
    await user.keyboard("{Enter}");
    expect(await screen.findByRole("heading", { name: "Account" })).toBe(document.activeElement);
    const account = screen.getByRole("link", { name: "Account" });
    expect(account.getAttribute("aria-current")).toBe("page");
  });

  it("chooses the colours, and they are remembered", async () => {
    const { user } = await open(stories["signed-out"]);
    screen.getByRole("button", { name: "Appearance: System" }).focus();
    await user.keyboard("{Enter}");
    await user.click(await screen.findByRole("menuitemradio", { name: "Dark" }));
    expect(document.querySelector(".radix-themes")?.classList).toContain("dark");
    expect(localStorage.getItem("color-scheme")).toBe("dark");
  });
});

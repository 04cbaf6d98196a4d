import { act, cleanup, render, screen } from "@testing-library/react";
import { StrictMode, useLayoutEffect, version, type ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  AuthKitProvider,
  SignInButton,
  SignedIn,
  SignedOut,
  createAuthStore,
  useAccessToken,
  useAuth,
} from "../src/index.js";
import { createFakeTransport, signedIn, type FakeTransport } from "../src/testing.js";

afterEach(cleanup);

async function show(transport: FakeTransport, page: ReactNode) {
  const store = createAuthStore(transport);
  const view = render(
    <StrictMode>
      <AuthKitProvider store={store}>{page}</AuthKitProvider>
    </StrictMode>,
  );
  await act(async () => {});
  return { store, ...view };
}

async function press(name: string) {
  screen.getByRole("button", { name }).click();
  await act(async () => {});
}

function Both() {
  return (
    <>
      <SignedIn>in</SignedIn>
      <SignedOut>out</SignedOut>
    </>
  );
}

describe("SignedIn and SignedOut", () => {
  it.each([
    ["in", signedIn],
    ["out", {}],
  ])("show nothing before the answer, then only %s", async (word, start) => {
    const transport = createFakeTransport(start);
    const release = transport.holdAnswers();
    const { container } = await show(transport, <Both />);
    expect(container.textContent).toBe("");
    await act(release);
    expect(container.textContent).toBe(word);
  });

  it("never show both, nor the wrong one, when the state changes", async () => {
    const painted: [status: string, text: string | null][] = [];
    function Painted() {
      const { status } = useAuth();
      useLayoutEffect(() => {
        painted.push([status, document.body.textContent]);
      });
      return null;
    }
    const transport = createFakeTransport();
    await show(
      transport,
      <>
        <Both />
        <Painted />
      </>,
    );
    act(() => {
      transport.completeSignIn();
    });
    act(() => {
      transport.change({ status: "signed-out", user: null });
    });
    const text = { loading: "", "signed-in": "in", "signed-out": "out" };
    expect(new Set(painted.map(([status]) => status))).toEqual(new Set(Object.keys(text)));
    for (const [status, shown] of painted) expect(shown).toBe(text[status as keyof typeof text]);
  });
});

describe("useAuth", () => {
  it("says who is signed in, and what they may", async () => {
    function Page() {
      const { isLoading, user, role, permissions } = useAuth();
      return (
        <p>{isLoading ? "…" : `${user?.name ?? "nobody"} ${String(role)} ${permissions.join()}`}</p>
      );
    }
    const transport = createFakeTransport();
    await show(transport, <Page />);
    screen.getByText("nobody null");
    act(() => {
      transport.completeSignIn();
    });
    screen.getByText("Alice Arnold admin notes:read,notes:write");
  });

  it("renders once for a change, and not at all without one", async () => {
    const rendered = vi.fn();
    function Page() {
      rendered(useAuth());
      return null;
    }
    const transport = createFakeTransport(signedIn);
    await show(transport, <Page />);
    rendered.mockClear();
    act(() => {
      transport.change({});
      transport.nudge();
    });
    await act(async () => {});
    expect(rendered).not.toHaveBeenCalled();
    act(() => {
      transport.change({ offline: true });
    });
    expect(rendered).toHaveBeenCalledTimes(2); // Strict Mode renders each time twice
  });

  it("hands out the same functions for ever", async () => {
    const functions = new Set<unknown>();
    function Page() {
      functions.add(useAuth().signIn);
      return null;
    }
    const transport = createFakeTransport();
    await show(transport, <Page />);
    act(() => {
      transport.completeSignIn();
    });
    expect(functions.size).toBe(1);
  });

  it("names what is missing outside of the provider", () => {
    function Page() {
      useAuth();
      return null;
    }
    const silence = vi.spyOn(console, "error").mockImplementation(() => {});
    expect(() => render(<Page />)).toThrow("<AuthKitProvider>");
    silence.mockRestore();
  });
});

describe("the provider", () => {
  it("listens once in Strict Mode, and not any more after it has gone", async () => {
    const transport = createFakeTransport();
    const { unmount } = await show(transport, <Both />);
    expect(transport.listeners).toBe(1);
    unmount();
    expect(transport.listeners).toBe(0);
  });

  it("goes on listening while pages come and go, without asking again", async () => {
    const transport = createFakeTransport();
    const { rerender, store } = await show(transport, <Both />);
    const asked = transport.calls.length;
    const page = (content: ReactNode) => (
      <StrictMode>
        <AuthKitProvider store={store}>{content}</AuthKitProvider>
      </StrictMode>
    );
    rerender(page(null));
    expect(transport.listeners).toBe(1);
    rerender(page(<Both />));
    expect(transport.calls.length).toBe(asked);
  });
});

describe("useAccessToken", () => {
  function Token() {
    const { accessToken, isLoading, error, refresh } = useAccessToken();
    return (
      <>
        <p>{isLoading ? "…" : (error?.code ?? accessToken ?? "none")}</p>
        <button onClick={() => void refresh()}>again</button>
      </>
    );
  }
  const shown = (container: HTMLElement) => container.querySelector("p")?.textContent;

  it("is none while nobody is signed in, then theirs, and gone with them at once", async () => {
    const transport = createFakeTransport();
    const release = transport.holdAnswers();
    const { container } = await show(transport, <Token />);
    expect(shown(container)).toBe("…");
    await act(release);
    expect(shown(container)).toBe("none");
    act(() => {
      transport.completeSignIn();
    });
    expect(shown(container)).toBe("…");
    await act(async () => {});
    expect(shown(container)).toBe("token org_01ACME null");
    act(() => {
      transport.change({ status: "signed-out", user: null, sessionId: null });
    });
    expect(shown(container)).toBe("none");
  });

  it("follows a refresh without a gap, and an organization switch with one", async () => {
    const transport = createFakeTransport(signedIn);
    const { container } = await show(transport, <Token />);
    act(() => {
      transport.change({ expiresAt: "later" });
    });
    expect(shown(container)).toBe("token org_01ACME null");
    await act(async () => {});
    expect(shown(container)).toBe("token org_01ACME later");
    act(() => {
      transport.change({ organizationId: "org_02" });
    });
    expect(shown(container)).toBe("…");
    await act(async () => {});
    expect(shown(container)).toBe("token org_02 later");
  });

  it("never shows an answer that came after the person had left", async () => {
    const transport = createFakeTransport(signedIn);
    const { container } = await show(transport, <Token />);
    const release = transport.holdAnswers();
    screen.getByText("again").click();
    act(() => {
      transport.change({ status: "signed-out", user: null, sessionId: null });
    });
    await act(release);
    expect(shown(container)).toBe("none");
  });

  it("says why there is none, and can be asked again", async () => {
    const transport = createFakeTransport(signedIn);
    const { container } = await show(transport, <Token />);
    transport.failNextCall({ code: "offline", message: "no network", hint: "" });
    await press("again");
    expect(shown(container)).toBe("offline");
    await press("again");
    expect(shown(container)).toBe("token org_01ACME null");
  });
});

describe("SignInButton", () => {
  it("signs in with its options, and cannot be pressed twice", async () => {
    const transport = createFakeTransport();
    await show(transport, <SignInButton options={{ screenHint: "sign-up" }}>Join</SignInButton>);
    await press("Join");
    expect(transport.calls.at(-1)).toEqual(["signIn", { screenHint: "sign-up" }]);
    expect(screen.getByRole<HTMLButtonElement>("button").disabled).toBe(true);
    act(() => {
      transport.failSignIn({ code: "access_denied", message: "you said no", hint: "" });
    });
    expect(screen.getByRole<HTMLButtonElement>("button").disabled).toBe(false);
  });

  it("tells why it could not begin, and leaves it to the page to stop it", async () => {
    const transport = createFakeTransport();
    const failed = vi.fn();
    await show(
      transport,
      <>
        <SignInButton onError={failed} />
        <SignInButton
          onClick={(event) => {
            event.preventDefault();
          }}
        >
          Not now
        </SignInButton>
      </>,
    );
    const asked = transport.calls.length;
    await press("Not now");
    expect(transport.calls.length).toBe(asked);
    transport.failNextCall({ code: "invalid_input", message: "no", hint: "" });
    await press("Sign in");
    expect(failed.mock.lastCall).toMatchObject([{ code: "invalid_input" }]);
  });
});

it("runs with the React that was asked for", () => {
  expect(version.split(".")[0]).toBe(process.env["REACT"] ?? "19");
});

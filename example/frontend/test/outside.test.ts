import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepForeignPagesOut } from "../src/outside.js";

describe("A21: no foreign page gets into the window", () => {
  const opened = vi.fn();
  let undo = () => {};
  beforeEach(() => {
    opened.mockClear();
    undo = keepForeignPagesOut(document, opened);
  });
  afterEach(() => {
    undo();
    document.body.innerHTML = "";
  });

  function click(
    href: string,
    event = new MouseEvent("click", { bubbles: true, cancelable: true }),
  ) {
    document.body.innerHTML = `<a href="${href}"><b>link</b></a>`;
    document.querySelector("b")?.dispatchEvent(event);
    return event.defaultPrevented;
  }

  it("opens a link to elsewhere in the browser", () => {
    expect(click("https://workos.com/docs")).toBe(true);
    expect(opened).toHaveBeenCalledExactlyOnceWith("https://workos.com/docs");
  });

  it("opens it once for the middle button, and not for the right one", () => {
    const press = (button: number) =>
      new MouseEvent("auxclick", { button, bubbles: true, cancelable: true });
    expect(click("https://workos.com/", press(1))).toBe(true);
    expect(click("https://workos.com/", press(2))).toBe(true);
    expect(opened).toHaveBeenCalledOnce();
  });

  it.each([
    "http://example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "mailto:a@b.c",
    "data:text/html,x",
  ])("neither follows nor opens %s", (href) => {
    expect(click(href)).toBe(true);
    expect(opened).not.toHaveBeenCalled();
  });

  it("leaves the app's own links alone", () => {
    expect(click("#/account")).toBe(false);
    expect(opened).not.toHaveBeenCalled();
  });

  it.each(["submit", "dragover", "drop"])("stops what else could navigate: %s", (name) => {
    const event = new Event(name, { bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(true);
  });
});

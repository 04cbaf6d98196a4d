import { act, render } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Countdown, timeLeft } from "../src/Countdown.js";

describe("the token's time", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse("2026-01-02T03:04:05Z") });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("counts down by the second, ends, and leaves no timer", () => {
    const { container, unmount } = render(<Countdown until="2026-01-02T03:04:07Z" />);
    expect(container.textContent).toBe("expires in 2 s");
    act(() => {
      vi.advanceTimersByTime(1000);
    });
    expect(container.textContent).toBe("expires in 1 s");
    act(() => {
      vi.advanceTimersByTime(5000);
    });
    expect(container.textContent).toBe("expired; the next use renews it");
    unmount();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [59, "59 s"],
    [60, "1 min 0 s"],
    [3599, "59 min 59 s"],
    [7260, "2 h 1 min"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(timeLeft(seconds)).toBe(text);
  });
});

/**
 * Keeps foreign pages out of the window: whoever is loaded there could call the app. A link that leads
 * elsewhere goes to `open`; what else could navigate (a dropped link or file, a form) does nothing.
 * WebKitGTK has no hook for navigation, so this is where it is stopped. Returns the way to undo it.
 */
export function keepForeignPagesOut(page: Document, open: (url: string) => void): () => void {
  function onClick(event: MouseEvent) {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || link.origin === page.location.origin) return;
    event.preventDefault();
    if (link.protocol === "https:" && event.button < 2) open(link.href);
  }
  function stop(event: Event) {
    event.preventDefault();
  }
  const stopped = ["submit", "dragover", "drop"];
  page.addEventListener("click", onClick, true);
  page.addEventListener("auxclick", onClick, true);
  for (const name of stopped) page.addEventListener(name, stop, true);
  return () => {
    page.removeEventListener("click", onClick, true);
    page.removeEventListener("auxclick", onClick, true);
    for (const name of stopped) page.removeEventListener(name, stop, true);
  };
}

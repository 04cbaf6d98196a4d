
// The address still holds the code: take it out of the address bar and the history.
history.replaceState(null, "", location.pathname);
// Browsers allow this only for tabs that a script opened or that have no history.
if ("close" in document.body.dataset) setTimeout(() => window.close(), 2500);

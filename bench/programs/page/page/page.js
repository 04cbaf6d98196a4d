import { Call, Events } from "/wails/runtime.js";

const name = String(Math.random()); // of this window
const bridge = "github.com/authkit-desktop/authkit/bridge.Service";
let newest = -1;

function show(person) {
  document.querySelector("output").textContent = person;
  Call.ByName("main.Bench.Shown", name, person);
}

function accept(state) {
  if (state.seq < newest || !state.user) return;
  newest = state.seq;
  show(state.user.email);
}

Events.On("bench:calls", async ({ data: { method, count } }) => {
  for (let i = 0; i < count; i++) await Call.ByName(method);
  await Call.ByName("main.Bench.Nothing");
});

if (location.search === "?authkit") {
  Events.On("authkit:state", ({ data }) => accept(data));
  accept(await Call.ByName(bridge + ".State"));
} else {
  Events.On("bench:person", ({ data }) => show(data));
  show("nobody@example.com");
}
requestAnimationFrame(() => Call.ByName("main.Bench.Painted"));

// A renderer as it was written for the older example: it knows window.auth and nothing else.
const show = (user) => {
  document.querySelector("h1").textContent = user ? user.email : "Nobody";
};
document.querySelector("#in").onclick = () => window.auth.signIn();
document.querySelector("#out").onclick = () => window.auth.signOut();
window.auth.onAuthChange(({ user }) => show(user));
show(await window.auth.getUser());

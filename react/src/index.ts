export { AuthKitProvider, useAuthStore, type AuthKitProviderProps } from "./provider.js";
export { useAuth, type Auth } from "./useAuth.js";
export { useAccessToken, type UseAccessTokenResult } from "./useAccessToken.js";
export { SignedIn, SignedOut } from "./guards.js";
export { SignInButton, type SignInButtonProps } from "./signInButton.js";
export { createWailsTransport, type WailsRuntime } from "./wails.js";
export { exposeElectronBridge, type ElectronBridge } from "./electron.js";
export * from "./store.js";

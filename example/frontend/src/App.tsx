import { useAuth } from "@authkit-desktop/react";
import { Container, Flex, Heading, Spinner } from "@radix-ui/themes";
import { AccountPage } from "./AccountPage.js";
import { Announcer } from "./Announcer.js";
import { Banners } from "./Banners.js";
import { CallsProvider, useCalls } from "./calls.js";
import { FailedPage } from "./FailedPage.js";
import { Footer } from "./Footer.js";
import { Header } from "./Header.js";
import { HomePage } from "./HomePage.js";
import { useRoute } from "./route.js";
import { SigningInPage } from "./SigningInPage.js";
import { Themed } from "./theme.js";

export function App() {
  return (
    <CallsProvider>
      <Themed>
        {(choice) => (
          <div className="frame">
            <SkipLink />
            <Header choice={choice} />
            <Container asChild size="2" px="4" py="5">
              <main id="content" tabIndex={-1}>
                <Flex direction="column" gap="5">
                  <Banners />
                  <Content />
                </Flex>
              </main>
            </Container>
            <Footer />
            <Announcer />
          </div>
        )}
      </Themed>
    </CallsProvider>
  );
}

/** What the session says comes before where the person wanted to go. */
function Content() {
  const { status, attempt } = useAuth();
  const { error } = useCalls();
  const route = useRoute();
  if (attempt) return <SigningInPage attempt={attempt} />;
  if (error && status !== "signed-in") return <FailedPage error={error} />;
  if (status === "loading") return <Opening />;
  return route === "account" ? <AccountPage /> : <HomePage />;
}

/** The keychain may take its time, and may ask the person first. What is quick shows nothing. */
function Opening() {
  return (
    <Flex direction="column" align="center" gap="4" className="centred late">
      <Spinner size="3" className="spinner" />
      <Heading as="h1" size="4" weight="regular" color="gray">
        Looking for your session…
      </Heading>
    </Flex>
  );
}

// Not a plain link: the fragment is the route.
function SkipLink() {
  return (
    <a
      className="skip"
      href="#content"
      onClick={(event) => {
        event.preventDefault();
        document.getElementById("content")?.focus();
      }}
    >
      Skip to the content
    </a>
  );
}

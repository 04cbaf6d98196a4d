// One of the vendor's clients for a Go test: node driver.mjs PACKAGE API_URL CLIENT_ID [API_KEY]
import * as session from '@workos/authkit-session';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { serve } from './serve.mjs';

const [name, api, clientId, apiKey] = process.argv.slice(2);
const sdk = await import(name);
const { protocol, hostname, port } = new URL(api);
const workos = sdk.createWorkOS({
  clientId, apiKey, apiHostname: hostname, port: Number(port), https: protocol === 'https:', maxRetries: 0,
});

const config = { clientId, redirectUri: 'com.example.app://callback', cookiePassword: 'a phrase of at least thirty-two letters' };
const core = new session.AuthKitCore(config, workos, session.sessionEncryption);

/** Tells an error by the classes that the packages export, which is what a caller branches on. */
function describe(error) {
  const classes = Object.entries({ ...sdk, ...session })
    .filter(([, type]) => typeof type === 'function' && type.prototype instanceof Error && error instanceof type)
    .map(([exported]) => exported);
  return { ...error, message: error.message, classes, cause: error.cause && describe(error.cause) };
}

await serve({
  userManagement: workos.userManagement,
  core,
  operations: new session.AuthOperations(core, workos, config, session.sessionEncryption),
  jose: { verify: (token, keys, options) => jwtVerify(token, createRemoteJWKSet(new URL(keys)), options) },
}, describe);

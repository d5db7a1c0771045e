// OAuth 2.1 in the browser: authorization code with PKCE, for one server at a time. Tokens live in this tab only.

const STATE = "sign-in";
const storage = (endpoint) => `session ${endpoint}`;

async function json(url, options) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch {
    throw new Error(`${new URL(url).origin} does not answer, or does not let this page ask it (CORS).`);
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error_description || body.error || `${url} answered ${answer.status}.`);
  return body;
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

// RFC 8414 §3.1 puts the well-known part before the path of the issuer, OpenID Connect after it.
async function issuerMetadata(issuer) {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const places = [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}${path}/.well-known/openid-configuration`];
  let problem;
  for (const place of places) {
    try {
      const found = await json(place);
      if (found.issuer !== issuer) throw new Error(`${place} is the metadata of another issuer.`);
      return found;
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

// The id of this page at the issuer: the operator's, a metadata document of the server, or one registered now.
async function clientId(server, metadata, redirectUri) {
  if (server.client_id) return server.client_id;
  const document = new URL("portal/client.json", redirectUri).href;
  if (metadata.client_id_metadata_document_supported && document.startsWith("https:")) return document;
  if (!metadata.registration_endpoint) throw new Error("The identity provider registers no clients. The operator registers this page and sets PORTAL_CLIENT_ID.");
  const key = `client ${metadata.issuer} ${redirectUri}`;
  const known = sessionStorage.getItem(key); // not for longer, since an issuer may forget its clients
  if (known) return known;
  const registered = await json(metadata.registration_endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ client_name: document.title || "MCP portal", redirect_uris: [redirectUri], token_endpoint_auth_method: "none", grant_types: ["authorization_code", "refresh_token"], response_types: ["code"] }),
  });
  sessionStorage.setItem(key, registered.client_id);
  return registered.client_id;
}

const home = () => new URL(".", location.href).href;

// Sends the browser to the issuer. It comes back to this page, where `finish` goes on.
export async function begin(server) {
  const resource = new URL(server.endpoint);
  const protectedResource = await json(`${resource.origin}/.well-known/oauth-protected-resource${resource.pathname}`);
  const issuer = protectedResource.authorization_servers?.[0];
  if (!issuer) throw new Error("This server has no sign-in by OAuth: it takes API keys or certificates.");
  const metadata = await issuerMetadata(issuer);
  const redirectUri = home();
  const client = await clientId(server, metadata, redirectUri);
  const verifier = random();
  const state = random();
  const challenge = base64url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
  sessionStorage.setItem(STATE, JSON.stringify({ state, verifier, issuer, client, redirectUri, endpoint: server.endpoint, name: server.name, token: metadata.token_endpoint, revoke: metadata.revocation_endpoint }));
  const asked = new URL(metadata.authorization_endpoint);
  const query = { response_type: "code", client_id: client, redirect_uri: redirectUri, state, code_challenge: challenge, code_challenge_method: "S256", resource: server.endpoint, scope: (protectedResource.scopes_supported ?? []).join(" ") };
  for (const [name, value] of Object.entries(query)) if (value) asked.searchParams.set(name, value);
  location.assign(asked);
}

// Reads the issuer's answer in this page's address. Gives the name of the server, or null where there is no answer.
export async function finish() {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("state") || !(answer.has("code") || answer.has("error"))) return null;
  const begun = JSON.parse(sessionStorage.getItem(STATE) ?? "null");
  sessionStorage.removeItem(STATE);
  history.replaceState(null, "", location.pathname);
  if (begun === null || answer.get("state") !== begun.state) throw new Error("This sign-in was not begun in this tab. Sign in again.");
  if (answer.has("iss") && answer.get("iss") !== begun.issuer) throw new Error("Another issuer answered. Sign in again."); // RFC 9207
  history.replaceState(null, "", `${location.pathname}#${begun.name}`);
  if (answer.has("error")) throw new Error(`Not signed in: ${answer.get("error_description") || answer.get("error")}`);
  await exchange(begun, { grant_type: "authorization_code", code: answer.get("code"), redirect_uri: begun.redirectUri, code_verifier: begun.verifier });
  return begun.name;
}

async function exchange(session, grant) {
  const granted = await json(session.token, { method: "POST", body: new URLSearchParams({ ...grant, client_id: session.client, resource: session.endpoint }) });
  const { endpoint, name, client, token, revoke } = session;
  const kept = { endpoint, name, client, token, revoke, access: granted.access_token, refresh: granted.refresh_token ?? session.refresh, until: Date.now() + (granted.expires_in ?? 300) * 1000 };
  sessionStorage.setItem(storage(endpoint), JSON.stringify(kept));
  return kept;
}

export const isSignedIn = (server) => sessionStorage.getItem(storage(server.endpoint)) !== null;

const renewing = new Map();

// A good access token. It is renewed in time, once, whatever number of calls ask at the same moment.
export async function accessToken(server) {
  const session = JSON.parse(sessionStorage.getItem(storage(server.endpoint)) ?? "null");
  if (session === null) throw new Error("Sign in first.");
  if (session.until - Date.now() > 15000) return session.access;
  if (!session.refresh) {
    signOut(server);
    throw new Error("The sign-in has ended. Sign in again.");
  }
  const { endpoint, refresh } = session;
  if (!renewing.has(endpoint)) {
    renewing.set(endpoint, exchange(session, { grant_type: "refresh_token", refresh_token: refresh }).finally(() => renewing.delete(endpoint)));
  }
  return (await renewing.get(endpoint)).access;
}

export async function signOut(server) {
  const session = JSON.parse(sessionStorage.getItem(storage(server.endpoint)) ?? "null");
  sessionStorage.removeItem(storage(server.endpoint));
  if (!session?.revoke) return;
  const token = session.refresh ?? session.access;
  await fetch(session.revoke, { method: "POST", body: new URLSearchParams({ token, client_id: session.client }) }).catch(() => {});
}

// Signs in and steps up with the TypeScript SDK. Arguments: the MCP endpoint, the package (sdk is 1.x, client is 2.x),
// and the grant types that the client registers.
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'

const [url, name, ...grantTypes] = process.argv.slice(2)
const { Client, StreamableHTTPClientTransport, UnauthorizedError } =
  name === 'client'
    ? await import('@modelcontextprotocol/client')
    : {
        ...(await import('@modelcontextprotocol/sdk/client/index.js')),
        ...(await import('@modelcontextprotocol/sdk/client/streamableHttp.js')),
        ...(await import('@modelcontextprotocol/sdk/client/auth.js')),
      }
const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')

let visits = 0
let arrived
let back = new Promise((resolve) => (arrived = resolve))
const server = createServer((request, response) => {
  response.end('Done')
  const address = new URL(request.url, 'http://127.0.0.1')
  if (address.pathname === '/callback') arrived(address.searchParams) // browsers also look for an icon
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const redirectUrl = `http://127.0.0.1:${server.address().port}/callback`

const kept = {}
const provider = {
  redirectUrl,
  clientMetadata: {
    client_name: `TypeScript ${name}`,
    redirect_uris: [redirectUrl],
    grant_types: grantTypes,
    token_endpoint_auth_method: 'none',
  },
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  discoveryState: () => kept.discovery,
  saveDiscoveryState: (state) => void (kept.discovery = state),
  redirectToAuthorization: (address) => {
    visits += 1
    back = new Promise((resolve) => (arrived = resolve))
    say({ visit: address.href })
  },
}

// Runs `work`, and again after the user has signed in.
let transport
const signedIn = async (work) => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error
    const parameters = await back
    await (name === 'client' ? transport.finishAuth(parameters) : transport.finishAuth(parameters.get('code')))
    return await work()
  }
}
let client
await signedIn(async () => {
  client = new Client({ name: 'sign-in', version: '1.0.0' })
  transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider })
  await client.connect(transport)
})
for (const uri of ['book://1', 'books://secret-rules', 'book://1', 'books://secret-rules']) {
  const result = await signedIn(() => client.readResource({ uri }))
  say({ read: uri, text: result.contents[0].text.slice(0, 60), visits })
}
const manifest = new URL(`node_modules/@modelcontextprotocol/${name}/package.json`, import.meta.url)
say({ end: JSON.parse(readFileSync(manifest)).version })
process.exit(0)

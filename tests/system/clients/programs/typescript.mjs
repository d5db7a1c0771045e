// The MCP SDK for TypeScript. Argument: the package, @modelcontextprotocol/sdk (1.x) or @modelcontextprotocol/client (2.x).
import { begun, run, signIn } from './driver.mjs'

const name = process.argv[2]
const second = name.endsWith('/client')
const { Client, StreamableHTTPClientTransport, UnauthorizedError } = second
  ? await import('@modelcontextprotocol/client')
  : {
      ...(await import('@modelcontextprotocol/sdk/client/index.js')),
      ...(await import('@modelcontextprotocol/sdk/client/streamableHttp.js')),
      ...(await import('@modelcontextprotocol/sdk/client/auth.js')),
    }

async function open(url, headers, provider) {
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: headers ? { headers } : undefined,
    authProvider: provider,
  })
  const client = new Client({ name: 'clients', version: '1.0.0' })
  return { transport, client }
}

async function connect(url, headers) {
  const { provider, back } = headers ? {} : await signIn(second ? {} : { grant_types: ['authorization_code'] })
  let { transport, client } = await open(url, headers, provider)
  // Runs `work`, and again after the user has signed in.
  const signedIn = async (work) => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error
      const parameters = await back()
      await transport.finishAuth(second ? parameters : parameters.get('code'))
      return await work()
    }
  }
  if (headers) await client.connect(transport)
  const connected = async () => {
    if (client.getServerVersion()) return
    ;({ transport, client } = await open(url, headers, provider))
    await client.connect(transport)
  }
  const text = (result) => {
    if (result.isError) throw new Error(result.content[0].text)
    return result.content[0].text
  }
  return {
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: (tool, given) =>
      signedIn(async () => {
        await connected()
        return text(await client.callTool({ name: tool, arguments: given }))
      }),
    resource: async (uri) => (await client.readResource({ uri })).contents[0].text,
    prompt: async (prompt, given) =>
      (await client.getPrompt({ name: prompt, arguments: given })).messages[0].content.text,
    complete: async (prompt, argument, value) => {
      const given = { ref: { type: 'ref/prompt', name: prompt }, argument: { name: argument, value } }
      return (await client.complete(given)).completion.values
    },
    progress: async (tool, given) => {
      let count = 0
      const options = { onprogress: () => void (count += 1) }
      const call = { name: tool, arguments: given }
      text(await (second ? client.callTool(call, options) : client.callTool(call, undefined, options)))
      return count
    },
    // Over HTTP a call ends with its connection; an abort signal only sends a notification.
    stop: async (tool, given) => {
      const ended = client.callTool({ name: tool, arguments: given }).catch(() => {})
      await begun()
      await client.close()
      await ended
    },
  }
}

await run(connect, name)

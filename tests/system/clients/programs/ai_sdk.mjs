// AI SDK: the tools of its MCP client, executed as its generateText executes them.
import { auth, createMCPClient, UnauthorizedError } from '@ai-sdk/mcp'

import { begun, run, signIn } from './driver.mjs'

async function connect(url, headers) {
  const { provider, back } = headers ? {} : await signIn()
  const open = () => createMCPClient({ transport: { type: 'http', url, headers, authProvider: provider } })
  let client
  try {
    client = await open()
  } catch (error) {
    if (headers || !(error instanceof UnauthorizedError)) throw error
    const parameters = await back()
    const given = { authorizationCode: parameters.get('code'), callbackState: parameters.get('state') }
    await auth(provider, { serverUrl: url, ...given })
    client = await open()
  }
  const call = async (name, given, abortSignal) => {
    const tools = await client.tools()
    if (!tools[name]) throw new Error(`${name} is not among the ${Object.keys(tools).length} tools`)
    const result = await tools[name].execute(given, { messages: [], toolCallId: '1', abortSignal })
    if (result.isError) throw new Error(JSON.stringify(result.content))
    return result.content.map((part) => part.text).join('\n')
  }
  return {
    tools: async () => Object.keys(await client.tools()),
    call,
    resource: async (uri) => (await client.readResource({ uri })).contents[0].text,
    prompt: async (name, given) =>
      (await client.experimental_getPrompt({ name, arguments: given })).messages[0].content.text,
    complete: async (prompt, argument, value) => {
      const given = { ref: { type: 'ref/prompt', name: prompt }, argument: { name: argument, value } }
      return (await client.complete(given)).completion.values
    },
    stop: async (name, given) => {
      const aborted = new AbortController()
      const ended = call(name, given, aborted.signal).catch(() => {})
      await begun()
      aborted.abort()
      await ended
    },
  }
}

await run(connect, '@ai-sdk/mcp')

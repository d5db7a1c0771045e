// The TypeScript SDK as in its quick start: stateless Streamable HTTP on Node, one process.

import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import pg from 'pg';
import { z } from 'zod';

const QUERY = "SELECT id, owner, balance FROM bench.accounts WHERE tenant_id = 'acme' AND id = $1";

const [line] = await new Promise(resolve => createInterface({ input: process.stdin }).once('line', (...read) => resolve(read)));
const options = JSON.parse(line);
const pool = new pg.Pool({ connectionString: options.owner, max: 10 });

const result = value => ({ content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value });

function build() {
  const server = new McpServer({ name: 'bench', version: '1.0.0' });
  server.registerTool(
    'add',
    {
      description: 'Add two numbers.',
      inputSchema: z.object({ a: z.number().int(), b: z.number().int() }),
      outputSchema: z.object({ sum: z.number().int() }),
    },
    async ({ a, b }) => result({ sum: a + b }),
  );
  server.registerTool(
    'get_account',
    {
      description: 'Look up an account.',
      inputSchema: z.object({ account_id: z.string() }),
      outputSchema: z.object({ id: z.string(), owner: z.string(), balance: z.number().int() }),
    },
    async ({ account_id }) => {
      const found = await pool.query({ name: 'account', text: QUERY, values: [account_id] });
      const { id, owner, balance } = found.rows[0];
      return result({ id, owner, balance: Number(balance) });
    },
  );
  return server;
}

const handle = toNodeHandler(createMcpHandler(build));
createServer((request, response) => handle(request, response)).listen(options.port, '127.0.0.1');

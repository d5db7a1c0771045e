// The shop's three tools on the Node SDK's first line with Express, stateless, one process: as the public benchmark's.

import { createInterface } from 'node:readline';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { Redis } from 'ioredis';
import { z } from 'zod';

const [line] = await new Promise(resolve => createInterface({ input: process.stdin }).once('line', (...read) => resolve(read)));
const { port, api, redis: url } = JSON.parse(line);
const redis = new Redis(url);

const text = value => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });
const get = async path => (await fetch(api + path)).json();

async function searchProducts({ category, min_price, max_price, limit }) {
  const query = new URLSearchParams({ category, min_price, max_price, limit });
  const [found, popular] = await Promise.all([
    get(`/products/search?${query}`),
    redis.zrevrange('bench:popular', 0, 9),
  ]);
  const top = popular.map(member => Number(member.split(':')[1]));
  const ranks = new Map(top.map((id, index) => [id, index + 1]));
  const products = found.products.map(({ id, sku, name, price, rating }) => ({
    id, sku, name, price, rating, popularity_rank: ranks.get(id) ?? 0,
  }));
  return text({ category, total_found: found.total_found, products, top10_popular_ids: top });
}

async function getUserCart({ user_id }) {
  const held = await redis.hgetall(`bench:cart:${user_id}`);
  const items = JSON.parse(held.items ?? '[]');
  const [, history] = await Promise.all([
    get(`/products/${items[0]?.product_id ?? 1}`),
    redis.lrange(`bench:history:${user_id}`, 0, 4),
  ]);
  const cart = { items, item_count: items.length, estimated_total: Number(held.total ?? 0) };
  return text({ user_id, cart, recent_history: history.map(order => JSON.parse(order)) });
}

async function checkout({ user_id, items }) {
  const cart = { user_id, items };
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(cart) };
  const [response, count] = await Promise.all([
    fetch(`${api}/cart/calculate`, post),
    redis.incr(`bench:ratelimit:${user_id}`),
    redis.rpush(`bench:history:${user_id}`, JSON.stringify({ ...cart, ts: Math.floor(Date.now() / 1000) })),
    redis.zincrby('bench:popular', 1, `product:${items[0].product_id}`),
  ]);
  const order = await response.json();
  return text({
    order_id: order.order_id, user_id, total: order.total, items_count: items.length, rate_limit_count: count,
    status: 'confirmed',
  });
}

function build() {
  const server = new McpServer({ name: 'shop', version: '1.0.0' });
  const search = {
    category: z.string().default('Electronics'), min_price: z.number().default(50),
    max_price: z.number().default(500), limit: z.number().default(10),
  };
  const item = z.object({ product_id: z.number(), quantity: z.number() });
  server.registerTool('search_products',
    { description: 'Search products by category and price range, merged with popularity data.', inputSchema: search },
    searchProducts);
  server.registerTool('get_user_cart',
    { description: "Get a user's cart with the recent order history.",
      inputSchema: { user_id: z.string().default('user-00042') } },
    getUserCart);
  server.registerTool('checkout',
    { description: 'Calculate the total of an order, count and record it.',
      inputSchema: { user_id: z.string(), items: z.array(item) } },
    checkout);
  return server;
}

const app = express();
app.use(express.json());
app.post('/mcp', async (request, response) => {
  const server = build();
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on('close', () => { transport.close(); server.close(); });
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.listen(port, '127.0.0.1');

"""The shop's three tools on the plain Python SDK: stateless, JSON responses, uvicorn with one worker.

Runs on either line of the SDK, so it imports nothing of the project.
"""
# mypy: ignore-errors
# Only one of the two lines is installed where mypy runs.

import asyncio
import json
import sys
import time
from typing import Any

import uvicorn
from redis.asyncio import Redis

try:
    import httpx
    from mcp.server.fastmcp import FastMCP

    server: Any = FastMCP("shop", stateless_http=True, json_response=True, log_level="WARNING")
    app = server.streamable_http_app()
except ImportError:
    import httpx2 as httpx
    from mcp.server.mcpserver import MCPServer

    server = MCPServer("shop", log_level="WARNING")
    app = server.streamable_http_app(stateless_http=True, json_response=True)

options = json.loads(sys.stdin.readline())
http = httpx.AsyncClient(base_url=options["api"], timeout=10)
redis = Redis.from_url(options["redis"], decode_responses=True)


@server.tool()
async def search_products(
    category: str = "Electronics", min_price: float = 50, max_price: float = 500, limit: int = 10
) -> str:
    """Search products by category and price range, merged with popularity data."""
    query = {"category": category, "min_price": min_price, "max_price": max_price, "limit": limit}
    response, popular = await asyncio.gather(
        http.get("/products/search", params=query), redis.zrevrange("bench:popular", 0, 9)
    )
    found, top = response.json(), [int(member.partition(":")[2]) for member in popular]
    ranks = {number: rank for rank, number in enumerate(top, start=1)}
    fields = ("id", "sku", "name", "price", "rating")
    products = [
        {**{name: one[name] for name in fields}, "popularity_rank": ranks.get(one["id"], 0)}
        for one in found["products"]
    ]
    return json.dumps(
        {
            "category": category,
            "total_found": found["total_found"],
            "products": products,
            "top10_popular_ids": top,
        }
    )


@server.tool()
async def get_user_cart(user_id: str = "user-00042") -> str:
    """Get a user's cart with the recent order history."""
    held = await redis.hgetall(f"bench:cart:{user_id}")
    items = json.loads(held.get("items", "[]"))
    _, history = await asyncio.gather(
        http.get(f"/products/{items[0]['product_id'] if items else 1}"), redis.lrange(f"bench:history:{user_id}", 0, 4)
    )
    cart = {"items": items, "item_count": len(items), "estimated_total": float(held.get("total", 0))}
    return json.dumps({"user_id": user_id, "cart": cart, "recent_history": [json.loads(order) for order in history]})


@server.tool()
async def checkout(user_id: str, items: list[dict[str, int]]) -> str:
    """Calculate the total of an order, count and record it."""
    cart = {"user_id": user_id, "items": items}
    entry = json.dumps({**cart, "ts": int(time.time())})
    response, count, *_ = await asyncio.gather(
        http.post("/cart/calculate", json=cart),
        redis.incr(f"bench:ratelimit:{user_id}"),
        redis.rpush(f"bench:history:{user_id}", entry),
        redis.zincrby("bench:popular", 1, f"product:{items[0]['product_id']}"),
    )
    order = response.json()
    return json.dumps(
        {
            "order_id": order["order_id"],
            "user_id": user_id,
            "total": order["total"],
            "items_count": len(items),
            "rate_limit_count": count,
            "status": "confirmed",
        }
    )


uvicorn.run(app, port=options["port"], log_config=None, access_log=False)

"""Our server with the shop's three tools, made as a service would be: the kit's HTTP client, store and journal."""

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from servicekit.audit.file import AuditFile
from servicekit.core.identity import ServerIdentity
from servicekit.journal.disabled import journal_for
from servicekit.registry.tools import read, write
from servicekit.server.run import serve_http
from servicekit.server.service import Service
from servicekit.storage.redis.store import RedisStore, redis_store
from servicekit.upstream import Upstream
from tests.system.bench.options import read_options
from tests.system.bench.ours import SCOPE, settings_of
from tests.system.bench.profiler import profiled

User = Annotated[str, Field(max_length=100, description="Id of the user.")]
_CONNECTIONS: Final = 100


class Found(BaseModel):
    """A product, with its place among the most popular ones; 0 where it is not among them."""

    id: int
    sku: str
    name: str
    price: float
    rating: float
    popularity_rank: int


class Search(BaseModel):
    """What a search found."""

    category: str
    total_found: int
    products: list[Found]
    top10_popular_ids: list[int]


class Cart(BaseModel):
    """What a user has in the cart."""

    items: list[dict[str, int]]
    item_count: int
    estimated_total: float


class UserCart(BaseModel):
    """A cart, and the user's first orders."""

    user_id: str
    cart: Cart
    recent_history: list[dict[str, Any]]


class Item(BaseModel):
    """So many of a product."""

    product_id: int
    quantity: int


class Order(BaseModel):
    """A confirmed order."""

    order_id: str
    user_id: str
    total: float
    items_count: int
    rate_limit_count: int
    status: str


class ShopTools:
    """The three tools. No response of the API is cached: the peers do not cache either."""

    def __init__(self, api: Upstream, store: RedisStore) -> None:
        self._api = api
        self._store = store
        self._redis: Any = store.redis  # its types allow every protocol's replies

    async def search_products(
        self, category: str = "Electronics", min_price: float = 50, max_price: float = 500, limit: int = 10
    ) -> Search:
        """Search products by category and price range, merged with popularity data."""
        query: dict[str, str | float] = {
            "category": category,
            "min_price": min_price,
            "max_price": max_price,
            "limit": limit,
        }
        response, popular = await asyncio.gather(
            self._api.get(["products", "search"], query),
            self._store.run(self._redis.zrevrange("bench:popular", 0, 9), name="ZREVRANGE"),
        )
        found, top = response.json(), [int(member.partition(b":")[2]) for member in popular]
        ranks = {number: rank for rank, number in enumerate(top, start=1)}
        products = [Found(**one, popularity_rank=ranks.get(one["id"], 0)) for one in found["products"]]
        return Search(category=category, total_found=found["total_found"], products=products, top10_popular_ids=top)

    async def get_user_cart(self, user_id: User = "user-00042") -> UserCart:
        """Get a user's cart with the recent order history."""
        held = await self._store.run(self._redis.hgetall(f"bench:cart:{user_id}"), name="HGETALL")
        items = json.loads(held.get(b"items", b"[]"))
        _, history = await asyncio.gather(
            self._api.get(["products", items[0]["product_id"] if items else 1]),
            self._store.run(self._redis.lrange(f"bench:history:{user_id}", 0, 4), name="LRANGE"),
        )
        cart = Cart(items=items, item_count=len(items), estimated_total=float(held.get(b"total", 0)))
        return UserCart(user_id=user_id, cart=cart, recent_history=[json.loads(order) for order in history])

    async def checkout(self, user_id: User, items: Annotated[list[Item], Field(min_length=1, max_length=50)]) -> Order:
        """Calculate the total of an order, count and record it."""
        cart = {"user_id": user_id, "items": [item.model_dump() for item in items]}
        entry = json.dumps({**cart, "ts": int(time.time())})
        response, count, *_ = await asyncio.gather(
            self._api.send("POST", ["cart", "calculate"], content=cart),
            self._store.run(self._redis.incr(f"bench:ratelimit:{user_id}"), name="INCR"),
            self._store.run(self._redis.rpush(f"bench:history:{user_id}", entry), name="RPUSH"),
            self._store.run(self._redis.zincrby("bench:popular", 1, f"product:{items[0].product_id}"), name="ZINCRBY"),
        )
        order = response.json()
        return Order(
            order_id=order["order_id"],
            user_id=user_id,
            total=order["total"],
            items_count=len(items),
            rate_limit_count=count,
            status="confirmed",
        )


def service(options: dict[str, Any]) -> Service:
    """The service."""
    settings = settings_of(options)
    store = redis_store(settings)
    assert store is not None
    api = Upstream("shop", "Shop API", options["api"], store=store, connections=_CONNECTIONS)
    tools = ShopTools(api, store)
    return Service(
        settings=settings,
        identity=ServerIdentity(name="shop", title="Shop", version="1.0.0", instructions="Is measured."),
        store=store,
        journal=journal_for("shop", store, AuditFile(Path(options["folder"]) / f"audit-{settings.port}.jsonl")),
        components=[api],
        tools=[
            read(tools.search_products, scope=SCOPE, open_world=True),
            read(tools.get_user_cart, scope=SCOPE, open_world=True),
            write(tools.checkout, scope=SCOPE, open_world=True),
        ],
    )


if __name__ == "__main__":
    given = read_options()
    with profiled(given.get("profile")):
        serve_http(service(given))

"""The data of the shop, as the public "MCP server benchmark v2" describes it: products by formula, and Redis keys."""

import json
import math
from functools import lru_cache
from typing import Any, Final

from redis import Redis

PRODUCTS: Final = 100_000
USERS: Final = 1000
_CATEGORIES: Final = (
    "Electronics", "Books", "Clothing", "Sports", "Home", "Garden", "Toys", "Food", "Beauty", "Automotive",
    "Music", "Movies", "Games", "Office", "Health", "Pets", "Travel", "Tools", "Jewelry", "Baby",
)  # fmt: skip
_CHUNK: Final = 10_000


def product(number: int) -> dict[str, Any]:
    """A product by its number, from 1."""
    index = number - 1
    category = _CATEGORIES[index % len(_CATEGORIES)]
    return {
        "id": number,
        "sku": f"SKU-{number:06d}",
        "name": f"{category} item {number}",
        "category": category,
        "brand": f"Brand {index % 50}",
        "price": _price(index),
        "stock": index % 501,
        "rating": 1.0 + index % 40 / 10,
        "tags": ["new", "sale", "popular"][: 2 + index % 2],
        "weight": round((1 + index % 100) * 0.1, 2),
        "description": f"Quality {category.lower()} of brand {index % 50}.",
    }


@lru_cache(maxsize=1024)
def search(category: str, lowest: float, highest: float, limit: int) -> dict[str, Any]:
    """The cheapest products of a category within a range of prices. Cached: the API must not be what is measured."""
    step = len(_CATEGORIES)
    indexes = range(_CATEGORIES.index(category), PRODUCTS, step) if category in _CATEGORIES else range(0)
    found = sorted((price, index) for index in indexes if lowest <= (price := _price(index)) <= highest)
    return {
        "category": category,
        "total_found": len(found),
        "products": [product(index + 1) for _, index in found[:limit]],
    }


def total(items: list[dict[str, int]]) -> float:
    """What a cart costs with tax, shipping and discount."""
    sum_of_items = math.fsum(_price(item["product_id"] - 1) * item["quantity"] for item in items)
    free = sum_of_items >= 100
    return round(sum_of_items * (1.085 - (0.1 if free else 0)) + (0 if free else 5.99), 2)


def _price(index: int) -> float:
    return 1.0 + index % 99_900 / 100


def seed(redis_url: str) -> None:
    """Fill the store: carts, histories and counters of each user, and the popularity of every product."""
    redis = Redis.from_url(redis_url)
    pipeline = redis.pipeline(transaction=False)
    for number in range(1, USERS + 1):
        user = f"user-{number:05d}"
        items = [{"product_id": number * factor % PRODUCTS + 1, "qty": 1 + number % 3} for factor in (7, 13)]
        pipeline.hset(f"bench:cart:{user}", mapping={"user_id": user, "items": json.dumps(items), "total": "99.90"})
        orders = [{"order_id": f"ORD-{number:05d}-{order:02d}", "qty": 1, "price": 9.9} for order in range(20)]
        pipeline.rpush(f"bench:history:{user}", *map(json.dumps, orders))
    pipeline.execute()
    for start in range(1, PRODUCTS, _CHUNK):
        scores = {f"product:{number}": number * 7 % 10_000 for number in range(start, start + _CHUNK)}
        redis.zadd("bench:popular", scores)
    redis.close()

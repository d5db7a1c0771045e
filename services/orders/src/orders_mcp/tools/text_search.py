"""Reads the free text of an order search by what the shop has: customers, places, products, tracking numbers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from orders_mcp.models.search import Query, advice
from orders_mcp.models.statuses import OrderStatus
from orders_mcp.ports.search import Matches, OrderFinder, TextFilter

_BUYERS = "the customer's name, e-mail, phone number, company or city"
_PRODUCTS = "a product"
_PREFIXES = "Words match from their beginning."
_ALSO_PRODUCTS = " Products match too: add the word product to the query to find those."


class ReadText:
    """How a text was read.

    Attributes:
        statuses: statuses that it names; any of them.
        texts: other conditions, of which one must hold. None: no order has the words.
        notice: how it was read, for the caller. Never repeats the text.
    """

    def __init__(self, query: Query, texts: Sequence[TextFilter], read_as: Sequence[str], hint: str = "") -> None:
        self.statuses: tuple[OrderStatus, ...] = query.statuses
        self.texts = tuple(replace(text, numbers=query.numbers) for text in texts) if query.words else tuple(texts)
        parts = [f"status={' or '.join(query.statuses)}"] if query.statuses else []
        parts += ["an order number"] if query.numbers else []
        self.notice = f"The query was read as {' and '.join([*parts, *read_as])}.{hint}"


async def read_text(finder: OrderFinder, query: Query) -> ReadText:
    """Read a query. A word such as "paid" is a status unless a customer or product has it with the other words."""
    if not query.words:
        return await _without_words(finder, query)
    if query.literal and not query.numbers:
        whole = replace(query, statuses=(), words=query.literal)
        if read := _together(whole, await finder.matches(whole.words, whole.tracking)):
            return read
    found = await finder.matches(query.words, query.tracking)
    if read := _together(query, found):
        return read
    return ReadText(query, [TextFilter()], ["all orders"]) if query.is_general else await _one_by_one(finder, query)


async def _without_words(finder: OrderFinder, query: Query) -> ReadText:
    texts = [TextFilter(numbers=query.numbers)] if query.numbers or not query.phone else []
    read_as: list[str] = []
    if query.phone:
        found = await finder.matches((query.phone,), query.tracking)
        if found.parcels:
            texts.append(TextFilter(order_ids=found.parcels))
            read_as.append("a tracking number")
        if found.buyers.count or not texts:
            texts.append(TextFilter(buyers=found.buyers))
            read_as.append("a phone number" if found.buyers.count else "a phone or tracking number")
    return ReadText(query, texts, read_as)


def _together(query: Query, found: Matches) -> ReadText | None:
    """The query, where one kind of record has all its words. Customers come first, unless it says product."""
    if found.parcels:
        return ReadText(query, [TextFilter(order_ids=found.parcels)], ["a tracking number"])
    buyers = []
    if found.buyers.count:
        buyers.append(TextFilter(buyers=found.buyers))
    if found.addresses.count:
        buyers.append(TextFilter(addresses=found.addresses))
    products = found.products.skus
    if products and (query.subject == "product" or not buyers):
        return ReadText(query, [TextFilter(products=found.products)], [_PRODUCTS])
    if buyers:
        return ReadText(query, buyers, [_BUYERS], _ALSO_PRODUCTS if products and query.subject is None else "")
    return None


async def _one_by_one(finder: OrderFinder, query: Query) -> ReadText:
    """The query, where some words are of the customer and others of the product."""
    singulars = [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in query.words]
    found = await finder.words_found((*query.words, *singulars))
    words: list[_Word] = []
    for place, (word, singular) in enumerate(zip(query.words, singulars, strict=True)):
        of_customer, of_product = found[place]
        of_singular = found[len(singulars) + place][1]
        if not (of_customer or of_product or of_singular):
            number = (query.literal or query.words).index(word) + 1
            which = f"word {number} of it" if len(query.words) > 1 else "it"
            return ReadText(query, (), ["words"], f" No customer, product or parcel has {which}. {_next(query)}")
        words.append(_Word(word, of_customer, word if of_product else singular if of_singular else None))
    for products_first in (True, False):
        products = [word.product for word in words if word.product and (products_first or not word.of_customer)]
        buyers = [word.text for word in words if not (word.product and (products_first or not word.of_customer))]
        if texts := await _of_both(finder, buyers, products):
            return ReadText(query, texts, [_BUYERS, _PRODUCTS] if buyers else [_PRODUCTS])
    return ReadText(query, (), ["words"], f" No customer or product has all of them. {_next(query)}")


def _next(query: Query) -> str:
    return advice(query.words) or _PREFIXES


class _Word(NamedTuple):
    text: str
    of_customer: bool
    product: str | None  # the word as a product has it


async def _of_both(finder: OrderFinder, buyers: Sequence[str], products: Sequence[str]) -> list[TextFilter]:
    bought = (await finder.matches(products)).products if products else None
    if bought is None or not bought.skus:
        return []
    if not buyers:
        return [TextFilter(products=bought)]
    found = await finder.matches(buyers)
    return [
        *([TextFilter(buyers=found.buyers, products=bought)] if found.buyers.count else ()),
        *([TextFilter(addresses=found.addresses, products=bought)] if found.addresses.count else ()),
    ]

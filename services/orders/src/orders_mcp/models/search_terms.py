"""Terms by which orders are found: words of their buyers, addresses and products. Queries are prefixes of terms.

Code that writes a customer, a product, or an order with an address of its own writes the terms too (ADR 0003).
"""

import re
import unicodedata

from servicekit.storage.search_terms import WORD, fold, person_terms

PHONE = "tel:"
"""Begins the term of a phone number. Words have no colon."""

_TRUNK = re.compile(r"\(0\)|[^0-9]")
_HOUSE_NUMBER = re.compile("[0-9]{1,3}[a-z]?", re.IGNORECASE)  # a postcode has four digits or more
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")  # kana, Han, Hangul: the largest comes first
_DISTRICT = re.compile("[^都道府県省市区县區縣郡]{1,8}[都道府県省市区县區縣郡]")


def customer_terms(name: str, email: str, phone: str | None, company: str | None, address: str) -> set[str]:
    """The terms of a customer: name, e-mail in both spellings of its domain, phone number, company and place."""
    terms = person_terms(name, email) | place_terms(address)
    local, _, domain = email.partition("@")
    if (shown := unicode_domain(domain)) != domain:
        terms |= {fold(shown), fold(f"{local}@{shown}")}
    if company:
        terms |= set(WORD.findall(fold(company)))
    if phone and (term := phone_term(phone)):
        terms.add(term)
    return {term[:254] for term in terms}


def place_terms(address: str) -> set[str]:
    """The words of postcode, city and country in an address as on a label."""
    separator = "\n" if "\n" in address.strip() else ","
    parts = [part.strip() for part in address.split(separator) if part.strip()]
    if len(parts) > 1 and all(_UNSPACED.search(part) for part in parts[:2]):
        return {term for part in parts[:2] for term in _with_districts(fold(part))}
    place = parts[-2:] if len(parts) > 2 else parts[-1:]
    return {word for part in place if not _is_street(part) for word in WORD.findall(fold(part))}


def _is_street(line: str) -> bool:
    """Whether a line of an address begins or ends with a house number."""
    first, *others = line.replace(",", " ").split() or [""]
    if not others:
        return False
    named = not all(word.isdecimal() for word in (first, *others[:-1]))
    return bool(_HOUSE_NUMBER.fullmatch(first)) or (named and bool(_HOUSE_NUMBER.fullmatch(others[-1])))


def _with_districts(text: str) -> set[str]:
    words = WORD.findall(text)
    return {*words, *(district for word in words for district in _DISTRICT.findall(word))}


def product_terms(sku: str, name: str, category: str) -> set[str]:
    """The terms of a product: the words of its code, name and category, and the code without its hyphens."""
    return {*WORD.findall(fold(f"{sku} {name} {category}")), sku.replace("-", "").lower()}


def phone_term(number: str) -> str | None:
    """A phone number as a term; None without digits.

    Its digits are reversed, so that a number without country or area code is a prefix of it.
    """
    digits = phone_digits(number)
    return f"{PHONE}{digits[::-1]}" if digits else None


def phone_digits(number: str) -> str:
    """The digits of a phone number without the prefix of a call abroad (00) or of a long-distance call (0)."""
    return _TRUNK.sub("", number).lstrip("0")


def unicode_domain(domain: str) -> str:
    """A domain with its internationalised labels (RFC 5890 §2.3.2.1) in Unicode; malformed ones stay."""
    return ".".join(_unicode_label(label) for label in domain.split("."))


def ascii_domain(domain: str) -> str:
    """A domain with its labels in Unicode as A-labels (RFC 5890 §2.3.2.1), as it is stored.

    One with a letter that looks like one in ASCII, such as the Kelvin sign or a digit of another script, stays.
    """
    if any(map(_is_lookalike, domain)):
        return domain
    return ".".join(label if label.isascii() else _ascii_label(label) for label in domain.split("."))


def _is_lookalike(letter: str) -> bool:
    if letter.isascii() or letter in "ßẞ":
        return False
    plain = unicodedata.normalize("NFKC", letter).casefold() + letter.upper()
    return letter.isdigit() or any(character.isascii() for character in plain)


def _ascii_label(label: str) -> str:
    return f"xn--{unicodedata.normalize('NFC', label.lower()).encode('punycode').decode('ascii')}"


def _unicode_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return label

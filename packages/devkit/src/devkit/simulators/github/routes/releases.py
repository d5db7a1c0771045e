"""Releases, and installation tokens of Apps."""

import secrets
from datetime import timedelta
from typing import Any

import jwt

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.releases import Release
from devkit.simulators.github.release_notes import generated_notes, latest_of, newest_first
from devkit.simulators.github.responses import ApiError, ApiResponse, invalid, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.accounts import time_of
from devkit.simulators.github.serializers.repositories import release

_TOKEN_LIFETIME = timedelta(hours=1)


def releases(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/releases: newest first."""
    repository = request.repository()
    found = [
        one for one in newest_first(repository) if not one.draft or request.world.can_push(request.identity, repository)
    ]
    return request.page(found, lambda one: release(request.urls, repository, one))


def latest_release(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/releases/latest."""
    repository = request.repository()
    found = latest_of(repository)
    if found is None:
        raise not_found()
    return release(request.urls, repository, found)


def release_of_tag(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/releases/tags/{tag}: only published ones."""
    repository = request.repository()
    for one in repository.releases:
        if one.tag == request.values["tag"] and not one.draft:
            return release(request.urls, repository, one)
    raise not_found()


def generate_notes(request: ApiRequest) -> Any:
    """POST /repos/{owner}/{repo}/releases/generate-notes: for accounts that may write."""
    repository = request.own_repository()
    tag = request.text("tag_name", "Release", required=True) or ""
    previous = request.text("previous_tag_name", "Release")
    if previous is not None and f"refs/tags/{previous}" not in repository.git.refs():
        raise ApiError(400, "Invalid previous_tag parameter")
    known = f"refs/tags/{tag}" in repository.git.refs()
    target = tag if known else request.text("target_commitish", "Release") or repository.default_branch
    head = repository.git.resolve(target)
    if head is None:
        raise ApiError(422, "Invalid target_commitish parameter")
    return generated_notes(request.urls, repository, tag, head, previous)


def create_release(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/releases; creates a missing tag."""
    repository = request.own_repository()
    tag = request.text("tag_name", "Release", required=True) or ""
    if any(one.tag == tag for one in repository.releases):
        raise invalid("Release", "tag_name", "already_exists")
    target = request.text("target_commitish", "Release") or repository.default_branch
    commit = repository.git.resolve(target)
    if commit is None:
        raise invalid("Release", "target_commitish", "invalid")
    draft, latest = bool(request.body.get("draft")), request.body.get("make_latest", "true")
    if latest not in ("true", "false", "legacy"):
        raise invalid("Release", "make_latest", "invalid")
    made = Release(
        request.world.new_id(), tag, target, request.text("name", "Release"),
        request.text("body", "Release", longest=125_000),
        request.signed_in(), request.world.now(), draft, bool(request.body.get("prerelease")), latest,
    )  # fmt: skip
    repository.releases.append(made)
    if not draft and f"refs/tags/{tag}" not in repository.git.refs():
        repository.git.set_ref(f"refs/tags/{tag}", commit)
    return ApiResponse(release(request.urls, repository, made), 201)


def installation_token(request: ApiRequest) -> ApiResponse:
    """POST /app/installations/{installation_id}/access_tokens, authenticated by the App's JWT."""
    try:
        claims = jwt.decode(request.token or "", options={"verify_signature": False})
        key, installation, identity = request.world.apps[str(claims["iss"])]
        jwt.decode(request.token or "", key, algorithms=["RS256"], options={"require": ["exp", "iat", "iss"]})
    except (jwt.PyJWTError, KeyError):
        raise ApiError(401, "A JSON web token could not be decoded") from None
    if claims["exp"] - claims["iat"] > 660:
        raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")
    if request.number("installation_id") != installation:
        raise not_found()
    token, ends = f"ghs_{secrets.token_hex(18)}", request.world.now() + _TOKEN_LIFETIME
    request.world.add_installation_token(token, identity, ends)
    permissions = {"contents": "write", "issues": "write", "metadata": "read", "pull_requests": "write"}
    answer = {"token": token, "expires_at": time_of(ends), "permissions": permissions, "repository_selection": "all"}
    return ApiResponse(answer, 201)


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/releases", releases),
    ("POST", "/repos/{owner}/{repo}/releases", create_release),
    ("GET", "/repos/{owner}/{repo}/releases/latest", latest_release),
    ("GET", "/repos/{owner}/{repo}/releases/tags/{tag}", release_of_tag),
    ("POST", "/repos/{owner}/{repo}/releases/generate-notes", generate_notes),
    ("POST", "/app/installations/{installation_id}/access_tokens", installation_token),
)

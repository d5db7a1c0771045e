"""Uploads and attachments."""

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.records.attachments import Upload
from devkit.simulators.zendesk.responses import ApiError, ApiResponse, invalid_parameter, not_found
from devkit.simulators.zendesk.routes import Table
from devkit.simulators.zendesk.serializers.attachments import attachment_object, upload_object
from devkit.simulators.zendesk.world import World

_LARGEST = 50 * 1024 * 1024
_TOKEN_LIFE = timedelta(hours=1)


def upload(request: ApiRequest) -> ApiResponse:
    """POST /uploads: the body is the file; `token` adds to an earlier upload. At most 50 MB."""
    name = request.query.get("filename", "").strip()
    if not name:
        raise invalid_parameter("filename", "is required", f"api/v2{request.path}")
    if len(request.content) > _LARGEST:
        raise ApiError(413, {"error": "AttachmentTooLarge", "description": "The file is larger than 50 MB"})
    media = request.headers.get("content-type", "application/octet-stream").partition(";")[0].strip()
    token = request.query.get("token")
    held = request.world.uploads.get(token) if token else Upload(secrets.token_hex(16), request.now + _TOKEN_LIFE)
    if held is None:
        raise not_found()
    held.attachments.append(request.world.add_attachment(name, media, request.content))
    request.world.uploads[held.token] = held
    return ApiResponse({"upload": upload_object(request.urls, held)}, 201)


def delete_upload(request: ApiRequest) -> ApiResponse:
    """DELETE /uploads/{token}."""
    if request.world.uploads.pop(request.values["token"], None) is None:
        raise not_found()
    return ApiResponse(None, 204)


def show(request: ApiRequest) -> dict[str, Any]:
    """GET /attachments/{id}."""
    return {"attachment": attachment_object(request.urls, request.found(request.world.attachments))}


def download(request: Request, world: World) -> Response:
    """GET /attachments/token/{token}/: the content. The token is the permission."""
    token = request.path_params["token"]
    found = next((one for one in world.attachments.values() if secrets.compare_digest(one.token, token)), None)
    if found is None or found.deleted:
        return JSONResponse({"error": "RecordNotFound", "description": "Not found"}, 404)
    disposition = f"attachment; filename*=UTF-8''{quote(found.file_name)}"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return Response(found.content, headers=headers, media_type=found.content_type)


TABLE: Table = (
    ("POST", "/uploads", upload),
    ("DELETE", "/uploads/{token}", delete_upload),
    ("GET", "/attachments/{id}", show),
)

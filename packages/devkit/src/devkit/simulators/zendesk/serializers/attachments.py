"""Attachments and uploads."""

from typing import Any
from urllib.parse import quote

from devkit.simulators.zendesk.api_request import Urls
from devkit.simulators.zendesk.records.attachments import Attachment, Upload


def attachment_object(urls: Urls, attachment: Attachment) -> dict[str, Any]:
    """A file, with the address of its content."""
    content = f"{urls.web}/attachments/token/{attachment.token}/?name={quote(attachment.file_name)}"
    return {
        "url": urls.of("attachments", attachment.id),
        "id": attachment.id,
        "file_name": attachment.file_name,
        "content_url": content,
        "mapped_content_url": content,
        "content_type": attachment.content_type,
        "size": len(attachment.content),
        "width": None,
        "height": None,
        "inline": attachment.inline,
        "deleted": attachment.deleted,
        "malware_access_override": False,
        "malware_scan_result": "malware_not_found",
        "thumbnails": [],
    }


def upload_object(urls: Urls, upload: Upload) -> dict[str, Any]:
    """An upload: the token for a comment, and its files."""
    files = [attachment_object(urls, one) for one in upload.attachments]
    return {"token": upload.token, "expires_at": upload.expires_at, "attachment": files[-1], "attachments": files}

"""A ClawHub: as much of its API as `clawhub publish` and `clawhub install` ask for.

Routes and answers are those that clawhub 0.23.3 checks its registry's answers against
(`dist/schema` in its package).
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

OWNER = {"handle": "nemo", "displayName": "Nemo", "image": None}


@dataclass
class Registry:
    """What was published, and under which `url` all this is served."""

    url: str = ""
    published: dict[str, Any] | None = None
    _stored: dict[str, bytes] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, bytes]:
        """The files of the last publication, by path."""
        assert self.published, "nothing was published"
        return {file["path"]: self._stored[file["storageId"]] for file in self.published["files"]}

    def respond(self, method: str, path: str, body: bytes) -> bytes | None:
        """The answer to a request; None is a 404."""
        address = urlsplit(path)
        answer = (
            self._get(address.path, parse_qs(address.query))
            if method == "GET"
            else self._post(address.path, body)
        )
        return answer if isinstance(answer, bytes | None) else json.dumps(answer).encode()

    def _get(self, path: str, query: dict[str, list[str]]) -> object:
        if path == "/api/v1/whoami":
            return {"user": OWNER}
        if path == "/api/v1/resolve":
            return {"match": None, "latestVersion": None}
        if self.published is None:
            return None
        version = self.published["version"]
        if path == f"/api/v1/skills/{self.published['slug']}":
            named = {key: self.published[key] for key in ("slug", "displayName", "tags")}
            return {
                "skill": {**named, "stats": {}, "createdAt": 0, "updatedAt": 0},
                "latestVersion": {"version": version, "createdAt": 0, "changelog": ""},
                "owner": OWNER,
            }
        if path == "/api/v1/download" and query["version"] == [version]:
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as bundle:
                for name, content in self.files.items():
                    bundle.writestr(name, content)
            return archive.getvalue()
        return None

    def _post(self, path: str, body: bytes) -> object:
        if path == "/api/v1/skills/-/upload-url":
            return {"uploadUrl": f"{self.url}/upload", "uploadTicket": "ticket"}
        if path == "/upload":
            stored = f"stored-{len(self._stored)}"
            self._stored[stored] = body
            return {"storageId": stored}
        if path == "/api/v1/skills":
            self.published = json.loads(body)
            return {"ok": True, "skillId": "1", "versionId": "1", "publicationStatus": "published"}
        return None

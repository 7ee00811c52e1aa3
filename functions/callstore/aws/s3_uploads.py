"""Forms with which clients send blobs straight to an S3 bucket."""

from typing import Any

from callcore.blobs import check_key
from callcore.knowledge.files import UploadForm


class S3UploadForms:
    """UploadForms: a presigned POST, which takes this key, a size within bounds, and nothing else."""

    def __init__(self, client: Any, bucket: str) -> None:
        """`client` is boto3's for S3, with FORM_CONFIG (callstore.aws.clients)."""
        self._client = client
        self._bucket = bucket

    def form(self, key: str, max_bytes: int, lifetime_s: int) -> UploadForm:
        """Takes one blob of this key, of 1 to `max_bytes` bytes, until it expires. S3 answers 204."""
        check_key(key)
        made = self._client.generate_presigned_post(
            self._bucket, key, Conditions=[["content-length-range", 1, max_bytes]], ExpiresIn=lifetime_s
        )
        return UploadForm(made["url"], made["fields"])

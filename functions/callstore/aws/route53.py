"""Names of workers in a hosted zone of Route 53: an A record each."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from callcore.errors import StoreError
from callstore.aws.errors import aws_errors

TTL_S = 60
_LOOK_S = 5.0
_LOOKS = 36
"""Changes are usually everywhere within a minute (Route 53 developer guide, GetChange)."""


class Route53Names:
    """Names below one domain. Its methods wait, so they belong in threads."""

    def __init__(self, client: Any, zone: str, domain: str, pause: Callable[[float], None] = time.sleep) -> None:
        """`client` is boto3's of Route 53, `zone` the id of the hosted zone that `domain` lies in."""
        self._client = client
        self._zone = zone
        self._domain = domain
        self._pause = pause

    def name(self, label: str) -> str:
        """The label's full name."""
        return f"{label}.{self._domain}"

    def put(self, label: str, address: str) -> None:
        """Create or replace; returns when every server of the zone knows. Raises StoreError."""
        change = self._change("UPSERT", label, address)
        for _ in range(_LOOKS):
            with aws_errors():
                if self._client.get_change(Id=change)["ChangeInfo"]["Status"] == "INSYNC":
                    return
            self._pause(_LOOK_S)
        raise StoreError("a name does not reach every server of its zone", retryable=True)

    def drop(self, label: str, address: str) -> None:
        """Delete it as it is listed. Raises StoreError, also when it is not there."""
        self._change("DELETE", label, address)

    def listed(self) -> Mapping[str, str]:
        """Every label of ours, and its address. Raises StoreError."""
        found: dict[str, str] = {}
        with aws_errors():
            pages = self._client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=self._zone)
            for page in pages:
                for record in page["ResourceRecordSets"]:
                    label, _, domain = record["Name"].rstrip(".").partition(".")
                    if domain == self._domain and record["Type"] == "A":
                        found[label] = record["ResourceRecords"][0]["Value"]
        return found

    def _change(self, action: str, label: str, address: str) -> str:
        record = {
            "Name": self.name(label),
            "Type": "A",
            "TTL": TTL_S,
            "ResourceRecords": [{"Value": address}],
        }
        with aws_errors():
            changed = self._client.change_resource_record_sets(
                HostedZoneId=self._zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]}
            )
        return str(changed["ChangeInfo"]["Id"])

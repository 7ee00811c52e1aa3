"""Knowledge files on AWS: a form of the bucket's own, and the console, from the built artifact."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import httpx2

from callcore.agents.agent import Agent
from callcore.ids import AgentId
from callcore.knowledge.files import KnowledgeFile
from callcore.ports import BlobStore
from callstore.aws.stores import AwsStores
from tests.integration.lambda_functions.conftest import ACCOUNT, PRIVATE_KEY
from tests.peers.lambda_events import http_api
from tests.peers.lambda_runtime import LambdaFunction

MENU = "Borscht costs seven euros; crêpes five.".encode()


def sent(api: LambdaFunction, path: str, body: dict[str, Any]) -> Any:
    headers = {"authorization": PRIVATE_KEY}
    reply = api.invoke(http_api("POST", f"/knowledge/{path}", headers=headers, body=json.dumps(body).encode()))
    assert reply["statusCode"] == 200, reply
    return json.loads(reply["body"])


def content(bucket: BlobStore, file: KnowledgeFile) -> bytes:
    blob = bucket.open(file.key)
    return b"".join(blob.chunks(0, blob.size_bytes))


def test_a_file_is_sent_to_the_bucket_and_taken_in(api: LambdaFunction, stores: AwsStores, bucket: BlobStore) -> None:
    form = sent(api, "generate_presigned_url", {"filename": "menü.md"})
    with httpx2.Client(timeout=30, trust_env=False) as client:
        uploaded = client.post(form["url"], data=form["fields"], files={"file": ("menü.md", MENU)})
    assert uploaded.status_code in (200, 204)
    key = form["fields"]["key"]
    file = sent(api, "create_file", {"object_key": key, "name": "menü.md", "file_type": "text/plain"})
    assert file["id"] == key.split("/")[1].split("_")[0]
    stored = stores.knowledge.get_file(ACCOUNT.account_id, file["id"])
    assert content(bucket, stored) == MENU
    assert sent(api, "delete_file", {"id": file["id"]})["deleted"]
    assert list(stores.knowledge.list_files(ACCOUNT.account_id)) == []


def test_the_console_takes_a_file(playground: LambdaFunction, stores: AwsStores, bucket: BlobStore) -> None:
    asked = playground.invoke(http_api("GET", "/console/sign-in"))
    (proof,) = re.findall(r'name="proof" value="([^"]+)"', asked["body"])
    headers = {"cookie": asked["cookies"][0].partition(";")[0], "content-type": "application/x-www-form-urlencoded"}
    form = urlencode({"proof": proof, "key": PRIVATE_KEY}).encode()
    opened = playground.invoke(http_api("POST", "/console/sign-in", headers=headers, body=form))
    cookie = {"cookie": opened["cookies"][0].partition(";")[0]}
    stores.agents.put_agent(Agent(AgentId("-Desk"), ACCOUNT.account_id, "Desk", {}, 1.0))
    path = "/console/agents/-Desk/knowledge"
    page = playground.invoke(http_api("GET", path, headers=cookie))["body"]
    (proof,) = re.findall(rf'action="{path}/files"[^>]*>\s*<input type="hidden" name="proof" value="([^"]+)"', page)
    request = httpx2.Request("POST", "http://x", data={"proof": proof}, files={"content": ("menü.md", MENU)})
    kind = {"content-type": request.headers["content-type"]}
    taken = playground.invoke(http_api("POST", f"{path}/files", headers=cookie | kind, body=request.read()))
    assert taken["statusCode"] == 303, taken
    (file,) = stores.knowledge.list_files(ACCOUNT.account_id)
    assert (file.name, content(bucket, file)) == ("menü.md", MENU)
    stores.agents.delete_agent(ACCOUNT.account_id, AgentId("-Desk"))

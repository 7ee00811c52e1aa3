"""The stacks of the media workers: who reaches them, what they are told, what they may do."""

import json
from typing import Any

import pytest

from api.app import described_app
from callauth.carrier_urls import PREFIX as TELEPHONY_PREFIX
from callcore.wire.jobs import COMMANDS_PATH
from infra.local.front import CONSOLE_PREFIX, PAGE_PATHS, PAGE_PREFIXES, WEBSOCKET_PATHS
from media_worker.providers.vendors import KEYLESS, Vendor
from media_worker.server.app import MILLIS_PATHS
from media_worker.server.listener import CLOSE_S
from media_worker.session.supervisor import GOODBYE_S, STORE_S
from media_worker.settings import WorkerSettings
from tests.contract.template.stacks import actions, all_templates
from tests.contract.template.translated import resources, translated, written

NETWORK, BALANCER, RULES, WORKERS = (
    written(f"infra/{name}.yaml") for name in ("network", "balancer", "rules", "workers")
)
(TASK,) = resources(WORKERS, "AWS::ECS::TaskDefinition").values()
(WORKER,) = TASK["ContainerDefinitions"]
(SERVICE,) = resources(WORKERS, "AWS::ECS::Service").values()
TOLD = {one["Name"]: one["Value"] for one in WORKER["Environment"]}
SECRETS = [one["Fn::If"][1] if "Fn::If" in one else one for one in WORKER["Secrets"]]


# --- who reaches what -----------------------------------------------------------------------


def ways_in(group: str) -> set[tuple[str, int | str, str]]:
    found: set[tuple[str, int | str, str]] = set()
    for way in resources(NETWORK, "AWS::EC2::SecurityGroupIngress").values():
        if way["GroupId"] == {"Ref": group}:
            first, last = way["FromPort"], way["ToPort"]
            ports = first if first == last else f"{first}-{last}"
            source = next(way[key] for key in ("CidrIp", "SourcePrefixListId", "SourceSecurityGroupId") if key in way)
            found.add((way["IpProtocol"], ports, json.dumps(source)))
    return found


def test_exactly_the_ports_that_are_used_are_open() -> None:
    anybody, cdn = '"0.0.0.0/0"', '{"Ref": "CdnPrefixList"}'
    assert ways_in("BalancerGroup") == {("tcp", 443, anybody), ("tcp", 8080, anybody), ("tcp", 80, cdn)}
    port = int(TOLD["PARLEY_MEDIA_PORT"])
    assert ways_in("WorkersGroup") == {
        ("tcp", port, '{"Ref": "BalancerGroup"}'),
        ("tcp", port, '{"Ref": "WorkersGroup"}'),
        ("udp", TOLD["PARLEY_WEBRTC_PORTS"], anybody),
        ("udp", TOLD["PARLEY_RTP_PORTS"], anybody),
        ("udp", int(TOLD["PARLEY_SIP_PORT"]), anybody),
        ("tcp", int(TOLD["PARLEY_SIP_PORT"]), anybody),
    }
    assert WORKER["PortMappings"] == [{"ContainerPort": port, "Protocol": "tcp"}]
    for group in resources(NETWORK, "AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group


def test_the_balancer_is_either_public_with_tls_or_the_cdns() -> None:
    listeners = {
        (name["Condition"], name["Properties"]["Port"], name["Properties"]["Protocol"])
        for name in BALANCER["Resources"].values()
        if name["Type"] == "AWS::ElasticLoadBalancingV2::Listener"
    }
    assert listeners == {("IsPublic", 443, "HTTPS"), ("IsPublic", 8080, "HTTPS"), ("IsBehindCdn", 80, "HTTP")}
    assert BALANCER["Conditions"]["IsBehindCdn"] == {"Fn::Equals": [{"Ref": "CertificateArn"}, ""]}
    for listener in resources(BALANCER, "AWS::ElasticLoadBalancingV2::Listener").values():
        (action,) = listener["DefaultActions"]
        assert action["Type"] == "fixed-response", "what no rule knows goes nowhere"


def rules() -> list[tuple[list[str], bool, str]]:
    """Paths, whether only for WebSockets, and target, in the order in which the balancer tries them."""
    listed = sorted(
        resources(RULES, "AWS::ElasticLoadBalancingV2::ListenerRule").values(), key=lambda rule: rule["Priority"]
    )
    found = []
    for rule in listed:
        paths = rule["Conditions"][0]["PathPatternConfig"]["Values"]
        sockets = any(one.get("HttpHeaderConfig", {}).get("HttpHeaderName") == "upgrade" for one in rule["Conditions"])
        found.append((paths, sockets, rule["Actions"][0]["TargetGroupArn"]["Ref"]))
    return found


def target_of(path: str, upgrade: bool = False) -> str:
    for paths, sockets, target in rules():
        fits = any(path == one or (one.endswith("*") and path.startswith(one[:-1])) for one in paths)
        if fits and (upgrade or not sockets):
            return target
    raise AssertionError(path)


def test_the_balancer_divides_paths_as_the_local_stack_does() -> None:
    assert {target_of(path, upgrade=True) for path in {*WEBSOCKET_PATHS, *MILLIS_PATHS}} == {"Workers"}
    assert target_of(COMMANDS_PATH) == "Workers"
    assert {target_of(path) for path in (*PAGE_PATHS, *(f"{prefix}a.js" for prefix in PAGE_PREFIXES))} == {"WidgetPage"}
    assert target_of(f"{TELEPHONY_PREFIX}/twilio/answer/a/b") == "TelephonyWebhook"
    assert {target_of(path) for path in ("/", CONSOLE_PREFIX, f"{CONSOLE_PREFIX}/agents")} == {"Playground"}
    assert {target_of(path) for path in described_app().openapi()["paths"]} == {"Api"}


def test_behind_the_cdn_every_rule_wants_its_secret() -> None:
    for rule in resources(RULES, "AWS::ElasticLoadBalancingV2::ListenerRule").values():
        last = rule["Conditions"][-1]["Fn::If"]
        assert last[0] == "IsBehindCdn"
        assert last[1]["HttpHeaderConfig"]["HttpHeaderName"] == "x-parley-cdn"
    (cdn,) = resources(written("infra/cdn.yaml"), "AWS::CloudFront::Distribution").values()
    (origin,) = cdn["DistributionConfig"]["Origins"]
    (header,) = origin["OriginCustomHeaders"]
    assert header["HeaderName"] == "x-parley-cdn"
    assert header["HeaderValue"] == last[1]["HttpHeaderConfig"]["Values"][0]


# --- what a worker is told ------------------------------------------------------------------

ON_ONE_MACHINE = {"PARLEY_DATABASE", "PARLEY_BLOBS", "PARLEY_FLITE_DIR", "PARLEY_ALLOW_PRIVATE_URLS"}
KNOWS_ITSELF = {"PARLEY_WORKER_ID", "PARLEY_INTERNAL_URL", "PARLEY_VENDORS", "PARLEY_WEBRTC_ADDRESSES"}
TOLD_BY_ECS = {"PARLEY_ECS_METADATA_URI", "PARLEY_ECS_AGENT_URI"}
WHILE_SECRETS_CHANGE = {"PARLEY_PREVIOUS_INTERNAL_SECRET"}


def test_a_worker_is_told_what_its_settings_read() -> None:
    read = {f"PARLEY_{name}".upper() for name in WorkerSettings.model_fields}
    told = {name for name in (*TOLD, *(one["Name"] for one in SECRETS)) if name.startswith("PARLEY_")}
    assert told == read - ON_ONE_MACHINE - KNOWS_ITSELF - TOLD_BY_ECS - WHILE_SECRETS_CHANGE


def test_every_vendor_with_a_key_can_be_given_one() -> None:
    keys = {one["Name"] for one in SECRETS if one["Name"].endswith("_API_KEY")}
    assert keys == {f"{vendor.name}_API_KEY" for vendor in Vendor if vendor not in KEYLESS | {Vendor.AWS}}
    parameters = {f"{vendor.name.capitalize()}Key" for vendor in Vendor if vendor not in KEYLESS | {Vendor.AWS}}
    for parameter in parameters:
        assert written()["Parameters"][parameter]["Default"] == "", "whoever has no key deploys without"


def test_a_worker_is_done_before_it_is_killed() -> None:
    # Two goodbyes: the spoken one, and the one that cuts off.
    lasts_s = float(TOLD["PARLEY_DRAIN_S"]) + 2 * GOODBYE_S + STORE_S + CLOSE_S
    assert lasts_s < WORKER["StopTimeout"] == 120


def test_a_worker_can_change_nothing_of_itself() -> None:
    assert WORKER["ReadonlyRootFilesystem"] is True
    assert int(WORKER["User"]) > 0
    assert WORKER["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert [point["ContainerPath"] for point in WORKER["MountPoints"]] == ["/tmp"]


def test_a_bad_deployment_comes_back() -> None:
    deployment = SERVICE["DeploymentConfiguration"]
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert deployment["MinimumHealthyPercent"] == 100
    assert SERVICE["LaunchType"] == "FARGATE", "Spot would end calls"


# --- least privilege, action by action ------------------------------------------------------

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
TABLE = {f"dynamodb:{what}" for what in ("ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query")}
TABLE |= {"dynamodb:UpdateItem"}
BATCHES = {"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"}
SECRET = {"secretsmanager:GetSecretValue"}
RECEIVING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"}

MAY = {
    "ApiRole": LOGS
    | TRACES
    | TABLE
    | BATCHES
    | SECRET
    | {"s3:GetObject", "s3:DeleteObject", "s3:ListBucket", "sqs:SendMessage"},
    "WidgetPageRole": LOGS | TRACES | {"dynamodb:GetItem"},
    "PlaygroundRole": LOGS | TRACES | TABLE | BATCHES | SECRET | {"s3:GetObject", "s3:DeleteObject", "s3:ListBucket"},
    "TelephonyWebhookRole": LOGS | TRACES | TABLE | SECRET,
    "CallEventsRole": LOGS
    | TRACES
    | TABLE
    | BATCHES
    | SECRET
    | RECEIVING
    | {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"},
    "CallEventsFunctionSweepRole": {"lambda:InvokeFunction"},
    "WorkerRole": TABLE
    | BATCHES
    | {"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "sqs:SendMessage"}
    | {"ecs:GetTaskProtection", "ecs:UpdateTaskProtection"}
    | {"bedrock:InvokeModelWithResponseStream", "polly:DescribeVoices", "polly:SynthesizeSpeech"}
    | {"transcribe:StartStreamTranscriptionWebSocket"},
    "StartRole": LOGS
    | SECRET
    | {"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability"}
    | {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
}
"""Everything that a role of the installation may do."""
TO_ANYTHING = TRACES | {
    *("ecr:GetAuthorizationToken", "polly:DescribeVoices", "polly:SynthesizeSpeech"),
    "transcribe:StartStreamTranscriptionWebSocket",
}
"""AWS's own list of actions knows no resource for these."""


def policies() -> dict[str, list[Any]]:
    """The policy documents of every role of every stack."""
    found: dict[str, list[Any]] = {}
    for template in all_templates().values():
        for name, role in resources(template, "AWS::IAM::Role").items():
            assert "ManagedPolicyArns" not in role or not role["ManagedPolicyArns"], name
            found.setdefault(name, []).extend(policy["PolicyDocument"] for policy in role.get("Policies", ()))
        for policy in resources(template, "AWS::IAM::RolePolicy").values():
            found.setdefault(policy["RoleName"]["Ref"], []).append(policy["PolicyDocument"])
    return found


def test_every_role_is_listed() -> None:
    assert set(policies()) == set(MAY)


@pytest.mark.parametrize("role", MAY)
def test_a_role_may_do_what_is_listed_and_nothing_else(role: str) -> None:
    allowed = [pair for policy in policies()[role] for pair in actions(policy)]
    assert {action for action, _ in allowed} == MAY[role]
    assert {action for action, resource in allowed if resource == '"*"'} <= TO_ANYTHING


def test_functions_are_called_by_balancers_of_this_account_only() -> None:
    for permission in resources(written("infra/forwarding.yaml"), "AWS::Lambda::Permission").values():
        assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert not resources(translated(), "AWS::EC2::SecurityGroup")

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
from media_worker.server.worker_name import label_of
from media_worker.session.supervisor import GOODBYE_S, STORE_S
from media_worker.settings import WorkerSettings
from tests.contract.template.stacks import actions, all_templates
from tests.contract.template.translated import resources, translated, written

NETWORK, BALANCER, RULES, SIP, WORKERS = (
    written(f"infra/{name}.yaml") for name in ("network", "balancer", "rules", "sip", "workers")
)
ELB = "AWS::ElasticLoadBalancingV2"
NOTHING = {"Ref": "AWS::NoValue"}
(TASK,) = resources(WORKERS, "AWS::ECS::TaskDefinition").values()
(WORKER,) = TASK["ContainerDefinitions"]
(SERVICE,) = resources(WORKERS, "AWS::ECS::Service").values()
TOLD = {one["Name"]: one["Value"] for one in WORKER["Environment"]}
SECRETS = [one["Fn::If"][1] if "Fn::If" in one else one for one in WORKER["Secrets"]]


# --- who reaches what -----------------------------------------------------------------------


def ways_in(group: str) -> dict[str | None, set[tuple[str, str, str]]]:
    """Protocol, ports and source of what may reach a group, by the condition under which it may."""
    found: dict[str | None, set[tuple[str, str, str]]] = {}
    for resource in NETWORK["Resources"].values():
        way = resource.get("Properties", {})
        if resource["Type"] == "AWS::EC2::SecurityGroupIngress" and way["GroupId"] == {"Ref": group}:
            source = next(way[key] for key in ("CidrIp", "SourcePrefixListId", "SourceSecurityGroupId") if key in way)
            way_in = way["IpProtocol"], f"{way['FromPort']}-{way['ToPort']}", json.dumps(source)
            found.setdefault(resource.get("Condition"), set()).add(way_in)
    return found


def ports(setting: str) -> str:
    """What a worker is told, as it stands in a rule."""
    told = TOLD[setting]
    return told if "-" in told else f"{told}-{told}"


def test_exactly_the_ports_that_are_used_are_open() -> None:
    anybody = '"0.0.0.0/0"'
    assert ways_in("BalancerGroup") == {
        "IsPublic": {("tcp", "443-443", anybody), ("tcp", "8080-8080", anybody)},
        "IsBehindCdn": {("tcp", "80-80", '{"Ref": "CdnPrefixList"}')},
    }
    media = ports("PARLEY_MEDIA_PORT")
    sip = {(protocol, ports("PARLEY_SIP_PORT"), anybody) for protocol in ("udp", "tcp")}
    sound = {("udp", ports("PARLEY_WEBRTC_PORTS"), anybody), ("udp", ports("PARLEY_RTP_PORTS"), anybody)}
    assert ways_in("WorkersGroup") == {
        None: sip | sound | {("tcp", media, f'{{"Ref": "{group}"}}') for group in ("BalancerGroup", "WorkersGroup")},
        "HasStableSip": {("tcp", media, '{"Ref": "StableSipGroup"}')},
    }
    assert ways_in("StableSipGroup") == {"HasStableSip": sip}
    for group in resources(NETWORK, "AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group


def test_what_a_balancer_leads_to_is_a_port_of_the_container() -> None:
    media, sip = int(TOLD["PARLEY_MEDIA_PORT"]), int(TOLD["PARLEY_SIP_PORT"])
    assert [one.get("Fn::If", one) for one in WORKER["PortMappings"]] == [
        {"ContainerPort": media, "Protocol": "tcp"},
        *(["HasStableSip", {"ContainerPort": sip, "Protocol": kind}, NOTHING] for kind in ("tcp", "udp")),
    ]
    web, stable = SERVICE["LoadBalancers"]
    assert web == {"ContainerName": "worker", "ContainerPort": media, "TargetGroupArn": {"Ref": "TargetGroup"}}
    target = {"ContainerName": "worker", "ContainerPort": sip, "TargetGroupArn": {"Ref": "SipTargetGroup"}}
    assert stable == {"Fn::If": ["HasStableSip", target, NOTHING]}


def test_the_ranges_of_ports_have_room_for_every_call_of_a_worker() -> None:
    most = written()["Parameters"]["WorkerSessions"]["MaxValue"]
    for setting, of_each in (("PARLEY_WEBRTC_PORTS", 1), ("PARLEY_RTP_PORTS", 2)):
        first, last = map(int, TOLD[setting].split("-"))
        assert (last - first + 1) // of_each >= most


def test_an_address_of_sip_that_stays_leads_to_the_workers() -> None:
    assert [listener["Protocol"] for listener in resources(SIP, f"{ELB}::Listener").values()] == ["TCP_UDP"]
    (group,) = resources(SIP, f"{ELB}::TargetGroup").values()
    told = group["Protocol"], group["Port"], group["HealthCheckPort"]
    assert told == ("TCP_UDP", int(TOLD["PARLEY_SIP_PORT"]), TOLD["PARLEY_MEDIA_PORT"])
    attributes = {one["Key"]: one["Value"] for one in group["TargetGroupAttributes"]}
    assert attributes["preserve_client_ip.enabled"] == "true", "addresses are guarded by where calls come from"
    (balancer,) = resources(SIP, f"{ELB}::LoadBalancer").values()
    assert len(balancer["SubnetMappings"]) == len(resources(SIP, "AWS::EC2::EIP")) == 2


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
    | {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "sqs:SendMessage"},
    "WidgetPageRole": LOGS | TRACES | {"dynamodb:GetItem"},
    "PlaygroundRole": LOGS
    | TRACES
    | TABLE
    | BATCHES
    | SECRET
    | {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"},
    "TelephonyWebhookRole": LOGS | TRACES | TABLE - {"dynamodb:ConditionCheckItem"} | SECRET,
    "CallEventsRole": LOGS
    | TRACES
    | TABLE
    | BATCHES
    | SECRET
    | RECEIVING
    | {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"},
    "CallEventsFunctionSweepRole": {"lambda:InvokeFunction"},
    "WorkerRole": TABLE
    | {"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "sqs:SendMessage"}
    | {"ecs:GetTaskProtection", "ecs:UpdateTaskProtection"}
    | {"bedrock:InvokeModelWithResponseStream", "polly:DescribeVoices", "polly:SynthesizeSpeech"}
    | {"transcribe:StartStreamTranscriptionWebSocket"}
    | {"route53:ChangeResourceRecordSets", "route53:GetChange", "route53:ListResourceRecordSets"},
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


def test_a_worker_writes_names_of_workers_and_no_other_record() -> None:
    (policy,) = [one for one in resources(WORKERS, "AWS::IAM::RolePolicy").values() if one["PolicyName"] == "names"]
    (writing, *_) = policy["PolicyDocument"]["Statement"]
    told = TOLD["PARLEY_DNS_DOMAIN"]["Fn::If"][1]["Fn::Sub"]
    assert writing["Condition"] == {
        "ForAllValues:StringLike": {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": [{"Fn::Sub": f"{label_of('*')}.{told}"}]
        },
        "ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": ["A"]},
    }


def test_functions_are_called_by_balancers_of_this_account_only() -> None:
    for permission in resources(written("infra/forwarding.yaml"), "AWS::Lambda::Permission").values():
        assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert not resources(translated(), "AWS::EC2::SecurityGroup")

"""What AWS will make of the templates, and that the code fits it."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

import api.settings
import call_events.settings
import playground.settings
import telephony_webhook.settings
import widget_page.settings
from api.app import described_app
from call_events.finisher import MAX_ATTEMPTS
from infra.local.connection import Connection
from infra.local.front import CONSOLE_PREFIX, is_console, is_page
from infra.local.welcome import iframe_snippet
from observability.invocation import NAMESPACE
from playground.views import PREFIX
from tests.contract.template.translated import ROOT, resources, translated, written
from widget_page.app import Dependencies, create_app

FUNCTIONS = resources(translated(), "AWS::Lambda::Function")
ROLES = resources(translated(), "AWS::IAM::Role")
DATA, ALARMS = written("infra/data.yaml"), written("infra/alarms.yaml")


def module_of(function: str) -> Path:
    module, _, _ = FUNCTIONS[function]["Handler"].rpartition(".")
    return ROOT / "functions" / f"{module.replace('.', '/')}.py"


def named(path: Path) -> set[str]:
    """What the module assigns or imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {str(node.asname or node.name) for node in nodes if isinstance(node, ast.alias)}


def test_there_are_five_functions() -> None:
    called = ("Api", "CallEvents", "Playground", "TelephonyWebhook", "WidgetPage")
    assert sorted(FUNCTIONS) == [f"{name}Function" for name in called]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_handler_resolves(function: str) -> None:
    assert FUNCTIONS[function]["Handler"].rpartition(".")[2] in named(module_of(function))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_sam_build_finds_a_recipe(function: str) -> None:
    recipes = re.findall(r"^(build-.+):", (ROOT / "functions/Makefile").read_text(), re.MULTILINE)
    assert f"build-{function}" in " ".join(recipes).split()


READ = {
    "ApiFunction": set(api.settings.FunctionSettings.variables().values()),
    "CallEventsFunction": set(call_events.settings.FunctionSettings.variables().values()),
    "PlaygroundFunction": set(playground.settings.FunctionSettings.variables().values()),
    "TelephonyWebhookFunction": set(telephony_webhook.settings.FunctionSettings.variables().values()),
    "WidgetPageFunction": {
        value for name, value in vars(widget_page.settings).items() if name.isupper() and isinstance(value, str)
    },
}
"""The variables that each function's settings read."""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_what_its_settings_read(function: str) -> None:
    assert set(FUNCTIONS[function]["Environment"]["Variables"]) == READ[function]


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [FUNCTIONS[function]["Role"]["Fn::GetAtt"][0] for function in FUNCTIONS]
    assert len(set(roles)) == len(FUNCTIONS)
    assert set(roles) < set(ROLES)
    assert not any("ManagedPolicyArns" in ROLES[role] for role in roles)


def statements() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, role in ROLES.items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def test_no_role_may_do_everything_or_to_everything() -> None:
    for role, statement in statements():
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions), role
        if statement["Resource"] == "*":
            # X-Ray knows no resources.
            assert all(action.startswith("xray:") for action in actions), role


def test_the_page_reads_keys_and_nothing_else_of_the_table() -> None:
    of_table = [
        statement for role, statement in statements() if role == "WidgetPageRole" and "dynamodb" in str(statement)
    ]
    (only,) = of_table
    assert only["Action"] == "dynamodb:GetItem"
    assert only["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["KEY#*"]}}


def test_runtime_and_architecture_are_parameters() -> None:
    parameters = written()["Parameters"]
    assert (parameters["Runtime"]["Default"], parameters["Architecture"]["Default"]) == ("python3.13", "arm64")
    for function in FUNCTIONS.values():
        assert function["Runtime"] == {"Ref": "Runtime"}
        assert function["Architectures"] == [{"Ref": "Architecture"}]
        assert function["SnapStart"] == {"ApplyOn": {"Ref": "SnapStart"}}
    aliases = resources(translated(), "AWS::Lambda::Alias")
    assert sorted(alias["FunctionName"]["Ref"] for alias in aliases.values()) == sorted(FUNCTIONS)


# --- the way in -----------------------------------------------------------------------------

(API,) = resources(translated(), "AWS::ApiGatewayV2::Api").values()
(STAGE,) = resources(translated(), "AWS::ApiGatewayV2::Stage").values()


def routes() -> dict[str, str]:
    """The function of every path of API Gateway."""
    found = {}
    for path, methods in API["Body"]["paths"].items():
        (method,) = methods
        assert method == "x-amazon-apigateway-any-method"
        (function,) = re.findall(r"\$\{(\w+?)Alias", json.dumps(methods)) or re.findall(
            r"\$\{(\w+)\.", json.dumps(methods)
        )
        found[path] = function
    return found


def function_of(path: str) -> str | None:
    """The one that API Gateway calls: a whole path wins over a greedy one, and a longer greedy one over a shorter."""
    served = routes()
    if path in served:
        return served[path]
    greedy = {route.removesuffix("{proxy+}"): name for route, name in served.items() if route.endswith("{proxy+}")}
    matching = [prefix for prefix in greedy if path.startswith(prefix) and path != prefix]
    return greedy[max(matching, key=len)] if matching else None


API_PATHS = sorted(described_app().openapi()["paths"])
PAGE_PATHS = [
    route.path
    for route in create_app(Dependencies(lambda _: None, widget_page.settings.Settings())).routes
    if isinstance(route, Route)
]


@pytest.mark.parametrize("path", API_PATHS)
def test_every_route_of_the_api_is_served_by_it(path: str) -> None:
    assert function_of(path.replace("{", "").replace("}", "")) == "ApiFunction"


@pytest.mark.parametrize("path", PAGE_PATHS)
def test_every_route_of_the_pages_is_served_by_them(path: str) -> None:
    example = path.replace("{path:path}", "call-widget.js")
    assert function_of(example) == "WidgetPageFunction"
    assert is_page(example), "the local stack divides paths in the same way"


@pytest.mark.parametrize("path", ["/", CONSOLE_PREFIX, f"{CONSOLE_PREFIX}/agents", f"{CONSOLE_PREFIX}/sign-in/link"])
def test_the_console_is_served_by_its_own_function(path: str) -> None:
    assert function_of(path) == "PlaygroundFunction"
    assert is_console(path), "the local stack divides paths in the same way"
    assert CONSOLE_PREFIX == PREFIX


def test_cors_is_left_to_the_functions() -> None:
    assert "CorsConfiguration" not in json.dumps(written())
    assert "x-amazon-apigateway-cors" not in API["Body"]


def test_the_access_log_holds_neither_path_nor_query() -> None:
    said = json.loads(STAGE["AccessLogSettings"]["Format"])
    assert "$context.routeKey" in said.values()
    assert not any(word in value.lower() for value in said.values() for word in ("path", "query", "override"))


# --- what is kept ---------------------------------------------------------------------------


def test_the_table_is_that_of_the_stores() -> None:
    """infra/adr/0007, which tests/peers/aws.py makes too."""
    table = resources(DATA, "AWS::DynamoDB::Table")["Table"]
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("PK", "HASH"), ("SK", "RANGE")]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert "GlobalSecondaryIndexes" not in table


def test_what_leaves_the_outbox_is_in_no_backup() -> None:
    tables = resources(DATA, "AWS::DynamoDB::Table")
    assert set(tables) == {"Table", "OutboxTable"}
    outbox = tables["OutboxTable"]
    assert outbox["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    for same in ("KeySchema", "TimeToLiveSpecification", "SSESpecification", "BillingMode"):
        assert outbox[same] == tables["Table"][same]


def test_what_is_kept_is_encrypted_and_survives_the_stack() -> None:
    kept = {name: DATA["Resources"][name] for name in ("Table", "Bucket", "DeadLetters")}
    assert {resource["DeletionPolicy"] for resource in kept.values()} == {"Retain"}
    (bucket,) = resources(DATA, "AWS::S3::Bucket").values()
    assert bucket["BucketEncryption"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert all(queue["SqsManagedSseEnabled"] for queue in resources(DATA, "AWS::SQS::Queue").values())


def test_the_queue_gives_a_message_up_when_the_code_does() -> None:
    queue = resources(DATA, "AWS::SQS::Queue")["CallEvents"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == MAX_ATTEMPTS
    # Lambda's guide: six times the timeout of the function.
    assert queue["VisibilityTimeout"] >= 6 * FUNCTIONS["CallEventsFunction"]["Timeout"]
    (mapping,) = resources(translated(), "AWS::Lambda::EventSourceMapping").values()
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


# --- the stacks fit together ----------------------------------------------------------------


def test_what_the_data_stack_is_asked_for_is_there() -> None:
    text = (ROOT / "template.yaml").read_text()
    asked = set(re.findall(r"Data\.Outputs\.(\w+)", text))
    assert asked == set(DATA["Outputs"])


def test_the_alarms_are_told_what_they_watch() -> None:
    assert set(written()["Resources"]["Alarms"]["Properties"]["Parameters"]) == set(ALARMS["Parameters"])


def test_refusals_of_the_table_are_watched_where_dynamodb_counts_them_by_table_alone() -> None:
    """`ThrottledRequests` has the dimensions TableName and Operation: of a table alone there are no data."""
    by_table = {"ReadThrottleEvents", "WriteThrottleEvents"}
    alarms = resources(ALARMS, "AWS::CloudWatch::Alarm").values()
    watched = [alarm for alarm in alarms if alarm["Namespace"] == "AWS/DynamoDB"]
    assert {alarm["MetricName"] for alarm in watched} == by_table
    assert all([one["Name"] for one in alarm["Dimensions"]] == ["TableName"] for alarm in watched)
    dashboard = (ROOT / "infra" / "dashboard.yaml").read_text()
    assert set(re.findall(r'"AWS/DynamoDB", "(\w+)", "TableName", "\$\{Table\}"\]', dashboard)) == by_table


def test_alarms_watch_metrics_that_are_sent() -> None:
    ours = [alarm for alarm in resources(ALARMS, "AWS::CloudWatch::Alarm").values() if alarm["Namespace"] == NAMESPACE]
    assert ours
    for alarm in ours:
        ((dimension, service),) = ((one["Name"], one["Value"]) for one in alarm["Dimensions"])
        function = (ROOT / "functions/call_events/function.py").read_text()
        assert dimension == "service"
        assert f'observed("{service}"' in function
        assert f'name="{alarm["MetricName"]}"' in function


def test_the_snippet_is_the_printed_one() -> None:
    value, variables = written()["Outputs"]["EmbedSnippet"]["Value"]["Fn::Sub"]
    assert set(variables) == {"Origin"}
    ours = value.replace("${Origin}", "https://voice.example")
    page_url = "https://voice.example/agents/embedded?id=AGENT_ID&k=PUBLIC_KEY"
    keys = {"public_key": "", "private_key": "", "snippet_key": "PUBLIC_KEY", "agent_id": "AGENT_ID"}
    assert ours == iframe_snippet(Connection(api_url="", media_url="", page_url=page_url, **keys))

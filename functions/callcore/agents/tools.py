"""The functions that an agent may call (protocol.md 4.1 and 4.2)."""

from typing import Any

from pydantic import AliasChoices, Field

from callcore.agents.config_part import ConfigPart

WEBHOOK_S = 5.0
FORM_S = 180.0
"""People look things up while they fill in a form."""


class ToolParam(ConfigPart):
    """One argument of a tool."""

    name: str = ""
    type: str = "string"
    """`string`, `number` or `boolean`."""
    description: str = ""
    """May be a variable: then that is the argument's value."""
    required: bool = False


class FormData(ConfigPart):
    """What a web form asks for."""

    param: ToolParam | None = None
    """Its first field."""


class Tool(ConfigPart):
    """A webhook or a web form that the agent may use; both kinds may stand in either list."""

    name: str = ""
    description: str = ""
    params: tuple[ToolParam, ...] = ()
    """The model's arguments; of a web form its further fields."""
    type: str | None = None
    """`web_form` for a form; absent for a webhook."""
    data: FormData = FormData()
    """Of a web form only."""
    webhook: str = ""
    """Blank: there is no HTTP call, the client alone learns of the function."""
    header: dict[str, str] = Field(default_factory=dict, validation_alias=AliasChoices("header", "headers"))
    method: str = "GET"
    timeout: float = Field(default=0, ge=0)
    """Seconds; 0: `patience_s` decides."""
    run_after_call: bool = False
    messages: tuple[str, ...] = ()
    """Said before acting."""
    response_mode: str | None = None
    """`strict`: a message is said verbatim; `flexible`: paraphrased."""
    execute_after_message: bool = False
    exclude_session_id: bool = False
    include_metadata: bool = False

    @property
    def has_webhook(self) -> bool:
        """Whether there is a URL to call; clients store a blank where they want none (protocol.md 4.1)."""
        return "://" in self.webhook

    @property
    def changes_something(self) -> bool:
        """Whether stopping a call half way may leave it half done: anything but a GET."""
        return self.method.upper() != "GET" or not self.has_webhook

    @property
    def is_flexible(self) -> bool:
        """Whether the model may word the message itself."""
        return self.response_mode == "flexible"

    @property
    def is_web_form(self) -> bool:
        """Whether the function is a form in the widget."""
        return self.type == "web_form" or self.data.param is not None

    @property
    def patience_s(self) -> float:
        """How long its result is waited for."""
        return self.timeout or (FORM_S if self.is_web_form else WEBHOOK_S)

    @property
    def form_params(self) -> tuple[ToolParam, ...]:
        """The fields of a web form, each name once."""
        first = () if self.data.param is None else (self.data.param,)
        named: dict[str, ToolParam] = {}
        for param in (*first, *self.params):
            named.setdefault(param.name, param)
        return tuple(param for name, param in named.items() if name)

    @property
    def model_params(self) -> tuple[ToolParam, ...]:
        """What the model gives: of a web form what is known already, for the user to check."""
        if not self.is_web_form:
            return self.params
        return tuple(param.model_copy(update={"required": False}) for param in self.form_params)


class AppFunction(ConfigPart):
    """An app of the marketplace."""

    name: str = ""
    credentials: dict[str, Any] = Field(default_factory=dict)

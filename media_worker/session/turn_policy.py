"""From an agent's configuration to the rules of its conversation."""

from callcore.agents import AgentConfig
from callcore.opening import SessionPlan
from callcore.variables import render
from media_worker.conversation.endpointing import FixedSilence
from media_worker.conversation.policy import TurnPolicy
from media_worker.media.speech_edge import EdgePolicy


def turn_policy(plan: SessionPlan, *, gated_recogniser: bool) -> TurnPolicy:
    """The turn-taking rules of this session."""
    config, flow = plan.config, plan.config.flow
    fills, gap_ms = flow.auto_fill_responses, flow.auto_fill_responses.response_gap_threshold
    inactivity_message = render(flow.inactivity_handling.message or "", plan.variables).strip()
    return TurnPolicy(
        greeting=plan.first_message,
        user_start_first=flow.user_start_first,
        interruptions=flow.interruption.allowed,
        greeting_interruptible=flow.interruption.first_message,
        keep_interrupted=flow.interruption.keep_interruption_message,
        endpointing=_endpointing(config),
        gated_recogniser=gated_recogniser,
        language=plan.language,
        max_duration_s=plan.max_duration_s,
        max_idle_s=config.session_timeout.max_idle or None,
        inactivity_s=_seconds_if(flow.inactivity_handling.idle_time, inactivity_message),
        inactivity_message=inactivity_message,
        filler_after_s=None if gap_ms is None else gap_ms / 1000,
        fillers=tuple(filter(None, (render(text, plan.variables).strip() for text in fills.messages))),
        timeout_message=render(config.session_timeout.message or "", plan.variables).strip(),
    )


def _seconds_if(seconds: float | None, message: str) -> float | None:
    """The wait before a message; none without a message to say."""
    return seconds if seconds and message else None


def edge_policy(config: AgentConfig) -> EdgePolicy:
    """When the VAD's windows count as speech."""
    if config.vad_threshold is None:
        return EdgePolicy()
    return EdgePolicy(start_probability=config.vad_threshold)


def _endpointing(config: AgentConfig) -> FixedSilence:
    silence_ms = config.flow.endpointing.silence_ms
    delay_s = config.flow.response_delay.generic_delay / 1000
    default = FixedSilence()
    return FixedSilence(default.silence_s if silence_ms is None else silence_ms / 1000, delay_s)

"""From an agent's configuration to the rules of its conversation."""

from collections.abc import Mapping
from types import MappingProxyType

from callcore.agents.agent import AgentConfig
from callcore.agents.flow import VOICEMAIL_ACTIONS
from callcore.opening.plan import CHAT, SessionPlan
from callcore.timezones import zone_of
from callcore.variables import render
from media_worker.conversation.endpointing import AdaptiveSilence, Endpointing, FixedSilence, ProviderTurn
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.tool_policy import ToolPolicy
from media_worker.conversation.voicemail import VoicemailPolicy
from media_worker.conversation.words.backchannels import vocabulary
from media_worker.conversation.words.do_not_call import is_known
from media_worker.conversation.words.phrases import phrases
from media_worker.conversation.words.script_phrases import ScriptPhrases
from media_worker.conversation.words.text_cue import TextCue
from media_worker.media.speech_edge import EdgePolicy
from media_worker.ports.llm import LlmCapabilities
from media_worker.ports.stt import SttCapabilities

CHAT_IDLE_S = 120.0
"""A conversation in writing of which nobody says that it is over is over then."""
SLOW_REPLY_S = 4.0
"""Without fillers of his own nobody waits longer without a word (conversation.md 8.2)."""
SCRIPTED_MAX_SILENCE_S = 0.5
"""A recogniser that is bound to a script knows most ends by the words: the rest need no longer wait."""


def turn_policy(
    plan: SessionPlan,
    hearing: SttCapabilities,
    thinking: LlmCapabilities,
    tools: Mapping[str, ToolPolicy] = MappingProxyType({}),
) -> TurnPolicy:
    """The turn-taking rules of this session, whose agent has these functions."""
    config, flow = plan.config, plan.config.flow
    interruption = flow.interruption
    fills, gap_ms = flow.auto_fill_responses, flow.auto_fill_responses.response_gap_threshold
    writes = plan.transport == CHAT
    resumed = plan.continued is not None and plan.continued.resumed
    inactivity_message = render(flow.inactivity_handling.message or "", plan.variables).strip()
    return TurnPolicy(
        greeting=None if config.custom_llm_websocket or resumed else plan.first_message,
        user_start_first=_user_begins(plan),
        interruptions=interruption.allowed,
        greeting_interruptible=interruption.first_message,
        keep_interrupted=interruption.keep_interruption_message,
        endpointing=_endpointing(plan, hearing),
        vocabulary=vocabulary(plan.language, interruption.backchannels, interruption.stop_words),
        min_words=interruption.min_words,
        min_speech_ms=interruption.min_speech_ms,
        whole_turns=hearing.whole_turns,
        speculation=flow.speculation and thinking.discardable,
        language=plan.language,
        phrases=phrases(plan.language),
        voicemail=_voicemail(plan),
        slow_reply_s=SLOW_REPLY_S,
        detects_do_not_call=config.privacy_settings.do_not_call_detection,
        max_duration_s=plan.max_duration_s,
        max_idle_s=CHAT_IDLE_S if writes else config.session_timeout.max_idle or None,
        writer_idle_s=CHAT_IDLE_S if writes else TurnPolicy.writer_idle_s,
        inactivity_s=_seconds_if(flow.inactivity_handling.idle_time, inactivity_message),
        inactivity_message=inactivity_message,
        filler_after_s=None if gap_ms is None else gap_ms / 1000,
        fillers=tuple(filter(None, (render(text, plan.variables).strip() for text in fills.messages))),
        tools=tools,
        timeout_message="" if writes else render(config.session_timeout.message or "", plan.variables).strip(),
    )


def _user_begins(plan: SessionPlan) -> bool:
    """Whoever writes has something to say; a conversation that goes on needs no greeting."""
    if plan.continued is not None and plan.continued.resumed:
        return not plan.continued.owes_answer
    return plan.transport == CHAT or plan.config.flow.user_start_first


def _voicemail(plan: SessionPlan) -> VoicemailPolicy | None:
    """What to do when a machine answers a call that we place; a message without a text is a hang-up."""
    settings = plan.config.flow.voicemail
    if not minds_machines(plan):
        return None
    message = render(settings.message or "", plan.variables).strip() if settings.action == "message" else ""
    return VoicemailPolicy(message, settings.continue_on_voice_activity, settings.detection_phrases)


def minds_machines(plan: SessionPlan) -> bool:
    """Whether it matters that a machine answers: we place the call, and the agent has an action for it."""
    return plan.outbound and not plan.is_resumed and plan.config.flow.voicemail.action in VOICEMAIL_ACTIONS


def _seconds_if(seconds: float | None, message: str) -> float | None:
    """The wait before a message; none without a message to say."""
    return seconds if seconds and message else None


def edge_policy(config: AgentConfig) -> EdgePolicy:
    """When the VAD's windows count as speech."""
    if config.vad_threshold is None:
        return EdgePolicy()
    return EdgePolicy(start_probability=config.vad_threshold)


def policy_notes(plan: SessionPlan, hearing: SttCapabilities) -> tuple[str, ...]:
    """Settings that this session cannot follow, and what happens instead; safe to log."""
    notes: list[str] = []
    if plan.config.flow.endpointing.mode == "provider" and not hearing.ends_turns:
        notes.append("flow.endpointing.mode provider: the recogniser does not end turns, so the wait is adaptive")
    if plan.config.timezone and zone_of(plan.config.timezone) is None:
        notes.append("the configured timezone is not known: the prompt has no local time")
    if plan.config.privacy_settings.do_not_call_detection and not is_known(plan.language):
        notes.append("privacy_settings.do_not_call_detection: how it is said in this language is not known")
    return tuple(notes)


def _endpointing(plan: SessionPlan, hearing: SttCapabilities) -> Endpointing:
    settings, delay = plan.config.flow.endpointing, plan.config.flow.response_delay
    is_bound = hearing.whole_turns and plan.script is not None
    cue = TextCue(plan.language, ScriptPhrases(plan.script) if is_bound and plan.script else None)
    response_delay_s, number_input_delay_s = delay.generic_delay / 1000, delay.number_input_delay / 1000
    silence_s = None if settings.silence_ms is None else settings.silence_ms / 1000
    max_silence_s = None if settings.max_silence_ms is None else settings.max_silence_ms / 1000
    if settings.mode == "fixed":
        default_s = FixedSilence.silence_s
        return FixedSilence(_or(silence_s, default_s), response_delay_s, number_input_delay_s, cue)
    if settings.mode == "provider" and hearing.ends_turns:
        return ProviderTurn(_or(max_silence_s, ProviderTurn.max_silence_s), response_delay_s)
    least_s = _or(silence_s, AdaptiveSilence.silence_s)
    return AdaptiveSilence(
        silence_s=least_s,
        max_silence_s=max(
            least_s, _or(max_silence_s, SCRIPTED_MAX_SILENCE_S if is_bound else AdaptiveSilence.max_silence_s)
        ),
        parsed_s=_or(silence_s, AdaptiveSilence.parsed_s),
        response_delay_s=response_delay_s,
        number_input_delay_s=number_input_delay_s,
        cue=cue,
    )


def _or(value_s: float | None, default_s: float) -> float:
    """The setting, or the mode's default."""
    return default_s if value_s is None else value_s

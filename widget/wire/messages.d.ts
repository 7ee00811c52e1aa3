// Generated from callcore.wire by `python -m callcore.wire.schema --types`. Do not edit.

export type AgentChoice = { agent_id?: string | null; agent_config?: Record<string, unknown> | null };

export type Continuation = { session_id?: string | null; resume?: boolean };

export type Initiate = { public_key?: string | null; agent?: AgentChoice; metadata?: Record<string, unknown>; include_metadata_in_prompt?: boolean; session_continuation?: Continuation; call_id?: string | null; token?: string | null; web_forms?: boolean; voice?: boolean };

export type ClientMessage = { method: "initiate"; data: Initiate } | { method: "ping"; data?: unknown } | { method: "function_result"; data: { call_id: string; values?: Record<string, unknown> | null } } | { method: "user_text"; data: string } | { method: "dtmf"; data: string } | { method: "voice"; data: boolean };

export type ServerMessage = { method: "onready"; data: { session_id: string; resumed: boolean }; payload: { session_id: string; resumed: boolean } } | { method: "pong"; data?: unknown } | { method: "start_answering" } | { method: "pause" } | { method: "unpause" } | { method: "clear" } | { method: "ontranscript"; data: string; payload: { is_final: boolean } } | { method: "onresponsetext"; data: string; payload: { is_final: boolean } } | { method: "onfunction"; data: string; payload: { name: string; params: Record<string, unknown>; call_id?: string; form?: { description: string; fields: ReadonlyArray<{ name: string; type: string; description: string; required: boolean; value: unknown }> } } } | { method: "onfunctionended"; data: { call_id: string } } | { method: "onsessionended"; data: { reason: string; duration: number } } | { method: "ai_action"; data: string } | { method: "onmetrics"; data: { turn_id: number; endpointing_delay: number | null; llm_ttft: number | null; first_segment: number | null; tts_ttfb: number | null; first_audio: number | null } };

"""The table of counted usage: what its migration does (callstore.sqlite.schema)."""

_COUNTED = """
    status IN (
        'user-ended', 'agent-ended', 'api-ended', 'voicemail-hangup', 'voicemail-message', 'timeout', 'error',
        'chat_completion'
    )
"""
"""As callcore.calls.call.TALK_ENDS was when the table was made."""

DAY_USAGE = (
    """
    CREATE TABLE day_usage (
        account_id TEXT NOT NULL,
        day TEXT NOT NULL,
        agent_id TEXT NOT NULL,
        calls INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        talk_s INTEGER NOT NULL,
        call_microcents INTEGER NOT NULL DEFAULT 0,
        llm_microcents INTEGER NOT NULL DEFAULT 0,
        tts_microcents INTEGER NOT NULL DEFAULT 0,
        stt_microcents INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (account_id, day, agent_id)
    )
    """,
    # The calls that had ended before there was this table.
    f"""
    INSERT INTO day_usage (account_id, day, agent_id, calls, failed, talk_s)
    SELECT
        account_id,
        date(started_at, 'unixepoch') AS began,
        coalesce(agent_id, '') AS agent,
        count(*),
        sum(status = 'error'),
        sum(coalesce(duration_s, 0))
    FROM calls WHERE {_COUNTED} GROUP BY account_id, began, agent
    """,
    f"""
    UPDATE day_usage SET
        call_microcents = paid.call, llm_microcents = paid.llm, tts_microcents = paid.tts, stt_microcents = paid.stt
    FROM (
        SELECT
            account_id,
            date(started_at, 'unixepoch') AS began,
            coalesce(agent_id, '') AS agent,
            sum(iif(line.value ->> 'type' = 'millis', round((line.value ->> 'credit') * 1000000), 0)) AS call,
            sum(iif(line.value ->> 'type' = 'llm', round((line.value ->> 'credit') * 1000000), 0)) AS llm,
            sum(iif(line.value ->> 'type' = 'tts', round((line.value ->> 'credit') * 1000000), 0)) AS tts,
            sum(iif(line.value ->> 'type' = 'stt', round((line.value ->> 'credit') * 1000000), 0)) AS stt
        FROM calls, json_each(cost_breakdown) AS line WHERE {_COUNTED} GROUP BY account_id, began, agent
    ) AS paid
    WHERE day_usage.account_id = paid.account_id AND day = paid.began AND day_usage.agent_id = paid.agent
    """,
)

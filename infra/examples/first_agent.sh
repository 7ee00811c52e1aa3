#!/bin/sh
# An agent from its creation to its deletion, with curl: create, open its page, hold a call, read the call and its recording, delete.
#
#   PARLEY_URL=http://127.0.0.1:8000 PARLEY_MEDIA_URL=ws://127.0.0.1:8080/millis PARLEY_KEY=private PARLEY_PUBLIC_KEY=public \
#       sh infra/examples/first_agent.sh question.wav recording.wav
#
# question.wav (16 kHz, 16 bit, mono) is what the caller says, recording.wav what was recorded of the call. PYTHON may name
# an interpreter that has `websockets`.
set -eu
question=${1:?question.wav, which the caller says} recording=${2:?recording.wav, to be written}
python=${PYTHON:-python3}
here=$(dirname "$0")

# curl's exit code says whether the server agreed; its reply goes to the standard output either way.
api() { method=$1 path=$2; shift 2; curl -sS --fail-with-body -m 20 -X "$method" -H "Authorization: $PARLEY_KEY" "$PARLEY_URL$path" "$@"; }
field() { "$python" -c 'import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."): value = value[name]
print(value)' "$1"; }

echo "1. an agent"
agent=$(api POST /agents -d '{
  "name": "Opening hours",
  "config": {
    "prompt": "Say when the shop is open.",
    "first_message": "Hello {userName}, what would you like to know?",
    "voice": {"provider": "flite", "voice_id": "rms"},
    "speech_to_text": {"provider": "pocketsphinx"},
    "call_settings": {"enable_recording": true},
    "llm": {"provider": "script", "script": {
      "intents": [{"phrases": ["what are your opening hours"], "answer": "We are open from eight to six."}],
      "fallback": "I did not catch that.", "end": ["goodbye"], "end_answer": "Goodbye, {userName}."}}
  }}' | field id)
echo "$agent"

echo "2. its page, for a visitor whose name is known"
curl -sS --fail-with-body -G "$PARLEY_URL/agents/embedded" \
  --data-urlencode "id=$agent" --data-urlencode "k=$PARLEY_PUBLIC_KEY" --data-urlencode "userName=Ann" | grep -o '"userName": *"Ann"'

echo "3. a call"
session=$("$python" "$here/native_client.py" "$PARLEY_MEDIA_URL" --key "$PARLEY_PUBLIC_KEY" "--agent=$agent" \
  --metadata '{"userName": "Ann"}' --mic "$question" --out /dev/null --seconds 60 | tee /dev/stderr | sed -n 's/^session //p')

echo "4. its entry in the call log"
status=in-progress
for _ in 1 2 3 4 5 6 7 8 9 10; do
  status=$(api GET "/call-logs/$session" | field call_status)
  [ "$status" = in-progress ] || break
  sleep 1
done
echo "$status"
api GET "/call-logs/$session" | field chat

echo "5. its recording"
url=$(api GET "/call-logs/$session" | field recording.recording_url)
curl -sS --fail -m 20 -L -o "$recording" "$url"
ls -l "$recording" | awk '{print $5 " bytes"}'

echo "6. the end"
api DELETE "/agents/$agent"

// What a browser does for a call over WebRTC, as PROTOCOL.md tells it: no library of ours.

/**
 * A call that has begun.
 * @typedef {{ times: Record<string, number>, messages: object[], samples: () => number[], rateHz: number,
 *             connection: RTCPeerConnection, answer: string, sessionUrl: string, send: (message: object) => void }} Call
 */

/**
 * Begin a call.
 * @param {string} apiUrl
 * @param {object} initiate what the data of an `initiate` is
 * @param {{ trickles?: boolean, iceServers?: RTCIceServer[], relayOnly?: boolean }} [how]
 * @returns {Promise<Call>}
 */
window.call = async (apiUrl, initiate, how = {}) => {
  const began = performance.now();
  const times = {};
  const since = (what) => (times[what] ??= performance.now() - began);
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  since("microphone");
  const connection = new RTCPeerConnection({
    bundlePolicy: "max-bundle",
    iceServers: how.iceServers ?? [],
    iceTransportPolicy: how.relayOnly ? "relay" : "all",
  });
  connection.addTrack(microphone.getAudioTracks()[0], microphone);
  // Nobody shows anything: the answer has to refuse it.
  connection.addTransceiver("video", { direction: "recvonly" });
  const channel = connection.createDataChannel("events");
  const messages = [];
  const heard = [];
  const context = new AudioContext();
  connection.ontrack = ({ track }) => {
    const stream = new MediaStream([track]);
    // Chromium plays what comes over a network only while an element wants it.
    Object.assign(new Audio(), { srcObject: stream, muted: true }).play();
    const recorder = context.createScriptProcessor(2048, 1, 1);
    recorder.onaudioprocess = ({ inputBuffer }) => heard.push(inputBuffer.getChannelData(0).slice());
    context.createMediaStreamSource(stream).connect(recorder).connect(context.destination);
  };
  connection.onconnectionstatechange = () => since(connection.connectionState);
  channel.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    since(message.method);
    messages.push({ ...message, at: performance.now() - began });
  };
  await connection.setLocalDescription();
  if (how.relayOnly) {
    await new Promise((done) => (connection.onicegatheringstatechange = () => connection.iceGatheringState === "complete" && done()));
  }
  since("offer");
  const reply = await fetch(`${apiUrl}/webrtc/initiate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ offer: connection.localDescription, initiate }),
  });
  const said = await reply.json();
  if (!reply.ok) throw new Error(`${reply.status}: ${said.message}`);
  since("answer");
  await connection.setRemoteDescription(said.answer);
  const began_call = {
    times,
    messages,
    samples: () => heard.flatMap((part) => [...part]),
    rateHz: context.sampleRate,
    connection,
    answer: said.answer.sdp,
    sessionUrl: apiUrl + said.session_url,
    send: (message) => channel.send(JSON.stringify(message)),
  };
  window.current = began_call;
  return began_call;
};

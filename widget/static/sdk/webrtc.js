/**
 * WebRTC as a transport: both voices over UDP, the messages of /millis on a data channel (PROTOCOL.md, "Calls over
 * WebRTC"). Where UDP does not get through, and where the server has no WebRTC, a WebSocket takes its place, and
 * `onfallback` says why. Loaded when a call asks for it.
 */

import { Capture } from './capture.js';
import { Playback } from './playback.js';
import { messageOf } from './voice.js';
import { openWebSocket } from './websocket.js';

/**
 * @typedef {import('./call.js').Call} Call
 * @typedef {import('./voice.js').Voice} Voice
 * @typedef {import('./session.js').Transport} Transport
 * @typedef {import('./session.js').TransportEvents} TransportEvents
 *
 * @typedef {'unsupported' | 'refused' | 'unreachable' | 'blocked'} FallbackReason the browser has no WebRTC; the server
 *   answers no offer; it cannot be asked; or nothing gets through by UDP
 */

/** For an answer to a request. */
const REPLY_MS = 4_000;
/** From the answer to an open channel: a browser with a free path needs a tenth of it. */
const CONNECT_MS = 4_000;
/** A path that gives no sign of life for so long is lost. Browsers notice after 5 s, and wait for 15 s more. */
const DISCONNECTED_MS = 2_000;
/** Where UDP did not get through, it is not tried again for so long. */
const BLOCKED_MS = 600_000;
/** Less is no voice. */
const QUIET = 100;
/** A longer pause of the agent's voice is its end. */
const PAUSE_MS = 500;
/** So soon a mute is heeded while the audio thread sleeps, as in an interruption by a telephone call. */
const WATCH_MS = 100;
const ABNORMAL_CLOSURE = 1006;

let blockedUntilMs = 0;

/** Why there is no call over WebRTC. */
class Hindrance extends Error {
  /**
   * @param {FallbackReason} reason
   * @param {string} detail
   */
  constructor(reason, detail) {
    super(detail);
    this.reason = reason;
  }
}

/** @type {import('./session.js').OpenTransport} */
export function open(url, events, initiate, call) {
  if (performance.now() >= blockedUntilMs) return new WebRtcTransport(url, events, initiate, call);
  call.tell('onfallback', { reason: 'blocked', detail: 'it was tried lately' });
  return openWebSocket(url, events);
}

/** @implements {Transport} */
class WebRtcTransport {
  #url;
  #events;
  #initiate;
  #call;
  /** @type {RTCPeerConnection | undefined} */
  #peer;
  /** @type {RTCDataChannel | undefined} */
  #channel;
  /** @type {RTCRtpSender | undefined} */
  #sender;
  /** @type {MediaStreamTrack | undefined} of the microphone, as it is sent */
  #spoken;
  /** @type {MediaStream | undefined} of the agent */
  #heard;
  /** @type {Voice | undefined} that plays it */
  #voice;
  /** @type {Transport | undefined} */
  #fallback;
  #sessionUrl = '';
  #wasOpen = false;
  #saidGoodbye = false;
  #over = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #watch = setInterval(() => this.#connectVoice(), WATCH_MS);

  /**
   * Connects.
   * @param {string} url of /millis
   * @param {TransportEvents} events
   * @param {string} initiate
   * @param {Call} call
   */
  constructor(url, events, initiate, call) {
    this.#url = url;
    this.#events = events;
    this.#initiate = initiate;
    this.#call = call;
    this.#connect().catch((error) => this.#fail(error));
  }

  /** @param {string | ArrayBuffer | Uint8Array} data audio goes its own way, and says here that there is a microphone */
  send(data) {
    if (this.#fallback) this.#fallback.send(data);
    else if (typeof data !== 'string') this.#connectVoice();
    // The offer has carried the first of them.
    else if (this.#channel?.readyState === 'open' && data !== this.#initiate) this.#channel.send(data);
  }

  /**
   * `onClose` follows.
   * @param {number} code
   * @param {string} reason
   */
  close(code, reason) {
    if (this.#fallback) this.#fallback.close(code, reason);
    else if (!this.#over) queueMicrotask(() => this.#events.onClose(new CloseEvent('close', { code, reason })));
    this.#hangUp();
  }

  async #connect() {
    if (typeof RTCPeerConnection === 'undefined') throw new Hindrance('unsupported', '');
    const { data } = JSON.parse(this.#initiate);
    const headers = { Authorization: `Bearer ${data.public_key}` };
    const { iceServers } = await this.#ask('/webrtc/ice_servers', { headers });
    if (this.#over) return;
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers });
    this.#peer = peer;
    peer.ontrack = ({ track }) => {
      this.#heard = new MediaStream([track]);
    };
    peer.onconnectionstatechange = () => this.#stateChanged(peer);
    this.#sender = peer.addTransceiver('audio', { direction: 'sendrecv' }).sender;
    this.#channel = this.#listenTo(peer.createDataChannel('events'));
    await peer.setLocalDescription();
    const body = JSON.stringify({ offer: peer.localDescription, initiate: data });
    const json = { 'Content-Type': 'application/json' };
    const { answer, session_url: sessionUrl } = await this.#ask('/webrtc/initiate', { method: 'POST', headers: json, body });
    this.#sessionUrl = sessionUrl;
    if (this.#over) {
      this.#hangUp();
      return;
    }
    this.#after(CONNECT_MS, () => this.#fail(new Hindrance('blocked', 'nothing gets through by UDP')));
    await peer.setRemoteDescription(answer);
  }

  /**
   * @param {string} path
   * @param {RequestInit} init
   * @returns {Promise<any>}
   */
  async #ask(path, init) {
    const url = new URL(path, this.#url.replace(/^ws/, 'http'));
    /** @type {Response} */
    let response;
    try {
      response = await fetch(url, { ...init, signal: AbortSignal.timeout(REPLY_MS) });
    } catch (error) {
      throw new Hindrance('unreachable', messageOf(error));
    }
    if (response.ok) return response.json();
    throw new Hindrance('refused', `${response.status} ${await response.text()}`);
  }

  /** @param {RTCDataChannel} channel */
  #listenTo(channel) {
    channel.onopen = () => {
      clearTimeout(this.#timer);
      this.#wasOpen = true;
      this.#connectVoice();
      this.#events.onOpen();
    };
    channel.onmessage = ({ data }) => {
      this.#saidGoodbye ||= data.includes('"onsessionended"');
      this.#events.onText(data);
    };
    channel.onclose = () => this.#lose();
    return channel;
  }

  /** @param {RTCPeerConnection} peer */
  #stateChanged(peer) {
    const { connectionState } = peer;
    if (connectionState === 'failed') this.#fail(new Hindrance('blocked', 'no path was found'));
    if (connectionState === 'closed') this.#lose();
    if (connectionState === 'connected' && this.#wasOpen) clearTimeout(this.#timer);
    if (connectionState === 'disconnected' && this.#wasOpen) this.#after(DISCONNECTED_MS, () => this.#lose());
  }

  /** The microphone that is in use is the one that is sent, and the voice that there is plays the agent's. */
  #connectVoice() {
    if (!this.#sender || this.#over) return;
    const { voice, muted } = this.#call;
    const track = voice?.stream?.getAudioTracks()[0];
    if (track) track.enabled = !muted;
    if (track !== this.#spoken) {
      this.#spoken = track;
      this.#sender.replaceTrack(track ?? null).catch(() => {});
    }
    const heard = this.#heard;
    if (!heard || !voice?.playback || voice === this.#voice) return;
    this.#voice = voice;
    const onAudio = (/** @type {ArrayBuffer} */ audio) => this.#over || this.#events.onAudio(audio);
    voice.replacePlayback((analyser, onSilent) => new StreamPlayback(heard, analyser, onAudio, onSilent));
  }

  /**
   * Before there was a connection a WebSocket takes its place; afterwards it is lost.
   * @param {unknown} error
   */
  #fail(error) {
    if (this.#over || this.#fallback) return;
    if (this.#wasOpen) {
      this.#lose();
      return;
    }
    const { reason, message } = error instanceof Hindrance ? error : new Hindrance('unsupported', messageOf(error));
    if (reason === 'blocked') blockedUntilMs = performance.now() + BLOCKED_MS;
    this.#hangUp();
    this.#call.tell('onfallback', { reason, detail: message });
    this.#fallback = openWebSocket(this.#url, this.#events);
  }

  #lose() {
    if (this.#over) return;
    const wasOpen = this.#wasOpen;
    this.#hangUp();
    const how = this.#saidGoodbye ? { code: 1000 } : { code: ABNORMAL_CLOSURE, reason: 'the connection is lost' };
    if (wasOpen) this.#events.onClose(new CloseEvent('close', how));
  }

  /** Give everything back, once; the voice plays what comes over a WebSocket again. */
  #hangUp() {
    this.#over = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    if (this.#spoken) this.#spoken.enabled = true;
    this.#peer?.close();
    this.#voice?.replacePlayback((analyser, onSilent) => new Playback(analyser.context, onSilent, analyser));
    this.#voice = undefined;
    const { public_key: key } = JSON.parse(this.#initiate).data;
    // A server that is told need not wait for who does not come.
    const left = { method: 'DELETE', headers: { Authorization: `Bearer ${key}` } };
    if (this.#sessionUrl && !this.#wasOpen) this.#ask(this.#sessionUrl, left).catch(() => {});
    this.#sessionUrl = '';
  }

  /**
   * @param {number} delayMs
   * @param {() => void} act
   */
  #after(delayMs, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, delayMs);
  }
}

/**
 * What is heard of a stream, in the place of a Playback: the browser has buffered it, and the server paces and stops it.
 * @implements {PlaybackLike}
 * @typedef {import('./voice.js').PlaybackLike} PlaybackLike
 */
class StreamPlayback {
  #onSilent;
  #ears;
  // Chromium gives Web Audio the sound of a track from afar only when an element has it, too.
  #element = new Audio();
  /** @type {ReturnType<typeof setTimeout> | undefined} runs while the agent speaks */
  #pause;
  counts = { played: 0, buffered: 0, cleared: 0, paused: false };

  /**
   * @param {MediaStream} stream
   * @param {AnalyserNode} analyser that the loudspeaker hears
   * @param {(audio: ArrayBuffer) => void} onAudio gets what is no silence
   * @param {() => void} onSilent
   */
  constructor(stream, analyser, onAudio, onSilent) {
    this.#onSilent = onSilent;
    this.analyser = analyser;
    this.#element.muted = true;
    this.#element.srcObject = stream;
    this.#ears = new Capture(analyser.context, (frame) => {
      if (new Int16Array(frame).some((sample) => Math.abs(sample) > QUIET)) onAudio(frame);
    });
    this.#ears.listen(stream);
    this.#ears.analyser.connect(analyser);
  }

  /** @param {ArrayBuffer} audio is heard already */
  play(audio) {
    this.counts = { ...this.counts, played: this.counts.played + audio.byteLength / 2 };
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#fallSilent(), PAUSE_MS);
  }

  report() {
    if (this.#pause === undefined) this.#onSilent();
  }

  close() {
    clearTimeout(this.#pause);
    this.#ears.close();
    this.#ears.analyser.disconnect();
    this.#element.srcObject = null;
  }

  // The server does these itself.
  begin() {}
  pause() {}
  resume() {}
  clear() {}

  #fallSilent() {
    this.#pause = undefined;
    this.#onSilent();
  }
}

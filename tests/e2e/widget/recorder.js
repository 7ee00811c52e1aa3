// Added to a page by a test before its own scripts: records what goes to the loudspeaker by a worklet beside the
// destination. It runs on the audio thread, so that it misses no sample, however late the page's own thread is.
// The first sample of block k is heard at startsMs[k] of Date.now()'s time, as the browser knows it of its output; NaN
// while it does not know.
(() => {
  const worklet = `registerProcessor('recorder', class extends AudioWorkletProcessor {
    process([[mono]]) {
      if (mono) this.port.postMessage([currentTime, mono.slice()]);
      return true;
    }
  });`;
  const url = URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' }));
  const blocks = [];
  const heard = { rateHz: 0, startsMs: [], samples: () => blocks.flatMap((block) => [...block]) };
  window.heard = heard;
  const addModule = AudioWorklet.prototype.addModule;
  AudioWorklet.prototype.addModule = async function (...module) {
    this.recorder ??= addModule.call(this, url);
    await this.recorder;
    return addModule.apply(this, module);
  };
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    // What an analyser sends there as well would be heard twice.
    if (target instanceof AudioDestinationNode && !target.isRecorded) {
      target.isRecorded = true;
      record(this, target);
    }
    return connect.call(this, target, ...rest);
  };

  function record(node, target) {
    const { context } = target;
    heard.rateHz = context.sampleRate;
    const recorder = new AudioWorkletNode(context, 'recorder', { channelCount: 1, channelCountMode: 'explicit' });
    recorder.port.onmessage = ({ data: [timeS, samples] }) => {
      const { contextTime, performanceTime } = context.getOutputTimestamp();
      const zeroMs = contextTime > 0 ? performance.timeOrigin + performanceTime - 1000 * contextTime : NaN;
      blocks.push(samples);
      heard.startsMs.push(zeroMs + 1000 * timeS);
    };
    connect.call(node, recorder);
    connect.call(recorder, target);
  }
})();

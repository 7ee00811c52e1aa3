// Added to a page by a test before its own scripts: records what goes to the loudspeaker by a worklet beside the
// destination. It runs on the audio thread, so that it misses no sample, however late the page's own thread is.
// Sample n was given to the loudspeaker at zerosMs[k] + 1000 * n / rateHz of Date.now()'s time, where k is the half
// second of the recording that it stands in: the audio thread falls behind on a busy machine, and catches up.
(() => {
  const worklet = `registerProcessor('recorder', class extends AudioWorkletProcessor {
    process([[mono]]) {
      if (mono) this.port.postMessage(mono.slice());
      return true;
    }
  });`;
  const url = URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' }));
  const blocks = [];
  let count = 0;
  const heard = { rateHz: 0, zerosMs: [], samples: () => blocks.flatMap((block) => [...block]) };
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
    const { sampleRate } = target.context;
    heard.rateHz = sampleRate;
    const recorder = new AudioWorkletNode(target.context, 'recorder', { channelCount: 1, channelCountMode: 'explicit' });
    recorder.port.onmessage = ({ data }) => {
      blocks.push(data);
      count += data.length;
      // The message that was delivered soonest tells it best.
      const half = Math.floor((2 * count) / sampleRate);
      const zeroMs = performance.timeOrigin + performance.now() - (1000 * count) / sampleRate;
      heard.zerosMs[half] = Math.min(heard.zerosMs[half] ?? Infinity, zeroMs);
    };
    connect.call(node, recorder);
    connect.call(recorder, target);
  }
})();

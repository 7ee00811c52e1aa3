// Added to a page by a test before its own scripts: records what goes to the loudspeaker by a worklet beside the
// destination. It runs on the audio thread, so that it misses no sample, however late the page's own thread is.
(() => {
  const worklet = `registerProcessor('recorder', class extends AudioWorkletProcessor {
    process([[mono]]) {
      if (mono) this.port.postMessage(mono.slice());
      return true;
    }
  });`;
  const url = URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' }));
  const blocks = [];
  window.heard = { rateHz: 0, samples: () => blocks.flatMap((block) => [...block]) };
  const addModule = AudioWorklet.prototype.addModule;
  AudioWorklet.prototype.addModule = async function (...module) {
    this.recorder ??= addModule.call(this, url);
    await this.recorder;
    return addModule.apply(this, module);
  };
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) {
      window.heard.rateHz = this.context.sampleRate;
      const recorder = new AudioWorkletNode(this.context, 'recorder', { channelCount: 1, channelCountMode: 'explicit' });
      recorder.port.onmessage = ({ data }) => blocks.push(data);
      connect.call(this, recorder);
      connect.call(recorder, target);
    }
    return connect.call(this, target, ...rest);
  };
})();

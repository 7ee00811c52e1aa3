// Added to a page by a test before its own scripts: keeps every microphone track that the page gets, and records
// what goes to the loudspeaker through a worklet that is fed beside the destination.
(() => {
  window.tracks = [];
  const devices = navigator.mediaDevices;
  if (devices) {
    const getUserMedia = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      window.tracks.push(...stream.getTracks());
      return stream;
    };
  }

  const blocks = [];
  window.heard = {
    rateHz: 0,
    contexts: [],
    samples: () => blocks.flatMap((block) => [...block]),
    count: () => blocks.reduce((sum, block) => sum + block.length, 0),
  };
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) {
      window.heard.rateHz = this.context.sampleRate;
      window.heard.contexts.push(this.context);
      const recorder = this.context.createScriptProcessor(4096, 1, 1);
      recorder.onaudioprocess = ({ inputBuffer }) => blocks.push(inputBuffer.getChannelData(0).slice());
      connect.call(this, recorder);
      connect.call(recorder, target);
      this.keepsRecorder = recorder;
    }
    return connect.call(this, target, ...rest);
  };
})();

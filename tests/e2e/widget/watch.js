// Added to a page by a test before its own scripts: keeps every microphone track and audio context that the page gets.
(() => {
  window.tracks = [];
  window.contexts = [];
  const devices = navigator.mediaDevices;
  if (devices) {
    const getUserMedia = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      window.tracks.push(...stream.getTracks());
      return stream;
    };
  }
  const Context = window.AudioContext;
  window.AudioContext = class extends Context {
    constructor(...options) {
      super(...options);
      window.contexts.push(this);
    }
  };
})();

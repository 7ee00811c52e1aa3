/** As hardened sites do: nothing that is loaded later can change what objects can do. */

const kinds = [Object, Array, Function, Promise, Map, Set, RegExp, String, Error];
const parts = [EventTarget, Node, Element, HTMLElement, Event, CustomEvent, WebSocket, AudioContext, AudioNode, MediaStreamTrack, URL];

for (const { prototype } of [...kinds, ...parts]) Object.freeze(prototype);

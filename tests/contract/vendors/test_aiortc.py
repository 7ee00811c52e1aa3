"""What our WebRTC relies on of aiortc and aioice beyond what they document; they are pinned for it."""

import asyncio
import inspect
from importlib.metadata import version
from pathlib import Path

import aiortc
from aioice import Connection
from aioice.ice import StunProtocol, get_host_addresses
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender
from aiortc.jitterbuffer import JitterBuffer
from aiortc.mediastreams import AudioStreamTrack
from aiortc.rtcconfiguration import RTCBundlePolicy
from aiortc.rtcsctptransport import RTCSctpTransport

from media_worker.transports.webrtc.connection import JITTER_BUFFER, ROUND_TRIP, _Tap


def test_the_versions_are_those_that_were_read() -> None:
    assert version("aiortc") == aiortc.__version__ == "1.16.0"
    assert '"aiortc==1.16.0"' in (Path(__file__).parents[3] / "pyproject.toml").read_text()
    assert version("aioice") == "0.13.0"


async def _peer() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


def test_the_receivers_jitter_buffer_can_be_replaced() -> None:
    async def scenario() -> None:
        peer = await _peer()
        receiver = peer.addTransceiver("audio").receiver
        assert isinstance(getattr(receiver, JITTER_BUFFER), JitterBuffer)
        await peer.close()

    asyncio.run(scenario())
    assert list(inspect.signature(_Tap.add).parameters) == list(inspect.signature(JitterBuffer.add).parameters)
    handling = inspect.getsource(aiortc.RTCRtpReceiver._handle_rtp_packet)
    assert "pli_flag, encoded_frame = self.__jitter_buffer.add(packet)" in handling
    assert "if encoded_frame is not None" in handling, "None: nothing is decoded"


def test_encoded_packets_are_sent_as_they_are() -> None:
    encoding = inspect.getsource(RTCRtpSender._next_encoded_frame)
    assert "data = await self.__track.recv()" in encoding
    assert "payloads, timestamp = self.__encoder.pack(data)" in encoding


def test_the_way_there_and_back_is_known() -> None:
    async def scenario() -> None:
        peer = await _peer()
        assert getattr(peer.addTransceiver("audio").sender, ROUND_TRIP) is None
        await peer.close()

    asyncio.run(scenario())
    reading = inspect.getsource(RTCRtpSender._handle_rtcp_packet)
    assert "rtt = time.time() - self.__lsr_time - (report.dlsr / 65536)" in reading, "seconds"


def test_candidates_are_gathered_by_a_method_of_the_connection() -> None:
    async def scenario() -> None:
        peer = await _peer()
        connection = peer.addTransceiver(AudioStreamTrack()).receiver.transport.transport.iceGatherer._connection
        assert isinstance(connection, Connection)
        assert connection._protocols == []
        assert connection.stun_server is None, "no server of anybody's is asked"
        await peer.close()

    asyncio.run(scenario())
    assert list(inspect.signature(Connection.get_component_candidates).parameters) == [
        "self",
        "component",
        "addresses",
        "timeout",
    ]
    gathering = inspect.getsource(Connection.gather_candidates)
    assert "self.get_component_candidates(component=component, addresses=addresses)" in gathering
    assert list(inspect.signature(StunProtocol.datagram_received).parameters) == ["self", "data", "addr"]
    assert "127.0.0.1" not in get_host_addresses(use_ipv4=True, use_ipv6=True)


def test_what_a_channel_has_not_sent_can_be_seen() -> None:
    source = inspect.getsource(RTCSctpTransport.__init__)
    assert "self._outbound_queue" in source
    assert "self._sent_queue" in source

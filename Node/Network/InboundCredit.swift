/// Bytes of a received frame that count against its peer's bound until the last holder lets go.
///
/// Giving back at deinitialisation leaves no path, however early it returns, that forgets to: a leak here would silence
/// the peer for good.
package final class InboundCredit: Sendable {
    private let link: PeerLink
    private let byteCount: Int

    init(link: PeerLink, byteCount: Int) {
        self.link = link
        self.byteCount = byteCount
    }

    deinit { link.release(byteCount) }
}

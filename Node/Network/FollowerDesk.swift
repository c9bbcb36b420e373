internal import NIOCore
internal import Primitives

/// Which followers are connected, and whose turn it is. Confined to the network's event loop, as the hub is.
///
/// A follower asks, is answered, and asks again; one is answered at a time, in the order of their questions, and never faster
/// than the pace. So all of them together cost a bounded part of a validator, however many ask how much (protocol, epochs
/// rule 6).
final class FollowerDesk {
    private struct Place {
        let connection: PeerConnection
        let pin: Digest
        let organisation: Identifier
    }

    private let limits: NetworkLimits
    private let events: PeerNetworkEvents
    private let counters: NetworkCounters
    private let eventLoop: any EventLoop
    private var places: [Place] = []
    /// Questions that wait: at most one of each follower.
    private var waiting = CircularBuffer<(from: PeerConnection, bytes: [UInt8])>()
    /// Somebody is being answered, or the pace is kept.
    private var isBusy = false

    init(limits: NetworkLimits, events: PeerNetworkEvents, counters: NetworkCounters, eventLoop: any EventLoop) {
        self.limits = limits
        self.events = events
        self.counters = counters
        self.eventLoop = eventLoop
    }

    /// Gives the connection a place, or says why there is none.
    func admit(_ connection: PeerConnection, _ identity: CertificateCheck.Identity) -> Refusal? {
        guard let organisation = identity.organisation else { return .unknownCertificate }
        // The newest wins, as on a link: a machine calls again when its former connection is dead for it.
        places.first { $0.pin == identity.pin }?.connection.abort(nil)
        guard places.count < limits.followerCount,
            places.count(where: { $0.organisation == organisation }) < limits.followersOfOrganisation
        else { return .followerLimit }
        places.append(Place(connection: connection, pin: identity.pin, organisation: organisation))
        count()
        return nil
    }

    func left(_ connection: PeerConnection) {
        places.removeAll { $0.connection === connection }
        waiting.removeAll { $0.from === connection }
        count()
    }

    /// Closes whoever may not follow any more.
    func keep(only followers: [Digest: Identifier]) {
        for place in places where followers[place.pin] == nil { place.connection.abort(nil) }
    }

    func asked(_ connection: PeerConnection, _ bytes: [UInt8]) {
        waiting.append((connection, bytes))
        serve()
    }

    private func serve() {
        guard !isBusy, let next = waiting.popFirst() else { return }
        isBusy = true
        let desk = NIOLoopBound(self, eventLoop: eventLoop)
        let connection = NIOLoopBound(next.from, eventLoop: eventLoop)
        events.asked(
            FollowerRequest(next.bytes) { [eventLoop] answer in
                eventLoop.execute { desk.value.answered(connection.value, answer) }
            }
        )
    }

    private func answered(_ connection: PeerConnection, _ answer: [UInt8]?) {
        counters.update { $0.followerAnswers &+= 1 }
        connection.deliver(answer)
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(limits.followerPaceMilliseconds)) {
            self.isBusy = false
            self.serve()
        }
    }

    private func count() {
        let count = places.count
        counters.update { $0.followers = count }
    }
}

/// What a follower asks. It is answered once; letting go of it without an answer refuses it.
package final class FollowerRequest: Sendable {
    package let bytes: [UInt8]
    private let reply: OnceOnly

    init(_ bytes: [UInt8], _ reply: @escaping @Sendable ([UInt8]?) -> Void) {
        self.bytes = bytes
        self.reply = OnceOnly(reply)
    }

    deinit { reply.call(nil) }

    /// Answers; nil for a question that makes no sense, which ends the connection.
    package func answer(_ bytes: [UInt8]?) { reply.call(bytes) }
}

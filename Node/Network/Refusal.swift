/// Why a connection was refused. The cases are the labels of a counter, so there are few of them and none holds data.
package enum Refusal: String, CaseIterable, Sendable {
    /// Not TLS 1.3.
    case tlsVersion = "tls_version"
    /// No certificate was offered.
    case noCertificate = "no_certificate"
    /// A certificate whose key is pinned to nobody.
    case unknownCertificate = "unknown_certificate"
    /// A pinned certificate, of another validator than the one that was called.
    case wrongCertificate = "wrong_certificate"
    case certificateExpired = "certificate_expired"
    case certificateNotYetValid = "certificate_not_yet_valid"
    /// The peer did not accept our certificate.
    case refusedByPeer = "refused_by_peer"
    /// Anything else that is not a TLS handshake, random bytes for example, or its end half-way.
    case handshake = "handshake"
    /// No HELLO in time.
    case handshakeTimeout = "handshake_timeout"
    /// One connection too many that had not said who it is.
    case halfOpenLimit = "half_open_limit"
    case helloMalformed = "hello_malformed"
    case protocolVersion = "protocol_version"
    /// The peer belongs to another chain.
    case chain = "chain"
    /// HELLO names another validator than the certificate's.
    case claimedIndex = "claimed_index"
    /// A follower for which there is no place.
    case followerLimit = "follower_limit"
    /// A follower that does not take what it asked for.
    case followerSlow = "follower_slow"
    /// A frame's length above its lane's bound.
    case frameTooLong = "frame_too_long"
    /// A frame on a channel that does not exist, an empty one, or one out of turn.
    case frameMalformed = "frame_malformed"
}

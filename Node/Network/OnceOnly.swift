internal import Synchronization

/// A callback of which only the first call counts.
final class OnceOnly: Sendable {
    private let body: Mutex<(@Sendable ([UInt8]?) -> Void)?>

    init(_ body: @escaping @Sendable ([UInt8]?) -> Void) { self.body = Mutex(body) }

    func call(_ value: [UInt8]?) { body.withLock { $0.take() }?(value) }
}

package import Primitives

/// What a contract's surroundings give it, supplied by the executor; in a sandbox these become its imports.
package struct HostFunctions {
    package let read: (StateKey) -> [UInt8]?
    /// Rows with from ≤ key < to in the order of their keys, at most as many as the limit. Fewer than the limit
    /// means that there are no more.
    package let scan: (_ from: StateKey, _ to: StateKey, _ limit: Int) -> [StateEntry]
    package let sha256: ([UInt8]) -> Digest
    /// ES256K over a digest; a high s is refused.
    package let verify: (PublicKey, Signature, Digest) -> Bool

    package init(
        read: @escaping (StateKey) -> [UInt8]?,
        scan: @escaping (_ from: StateKey, _ to: StateKey, _ limit: Int) -> [StateEntry],
        sha256: @escaping ([UInt8]) -> Digest,
        verify: @escaping (PublicKey, Signature, Digest) -> Bool
    ) {
        self.read = read
        self.scan = scan
        self.sha256 = sha256
        self.verify = verify
    }
}

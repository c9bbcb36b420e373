internal import CSecp256k1

/// The one libsecp256k1 context of the process.
///
/// It is randomised once, before its first use, against side channels in signing, and never changed again. The
/// library allows any number of threads to use a context that nobody changes.
enum Curve {
    /// Safe to share: written once by the runtime's lazy initialisation, read-only afterwards (see above).
    nonisolated(unsafe) static let context: OpaquePointer = unsafe makeContext()

    private static func makeContext() -> OpaquePointer {
        guard let context = unsafe secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) else {
            preconditionFailure("libsecp256k1 gave no context: out of memory")
        }
        let seed = randomBytes(count: 32)
        let isRandomised = unsafe secp256k1_context_randomize(context, seed)
        precondition(isRandomised == 1, "libsecp256k1 could not randomise its context")
        return unsafe context
    }
}

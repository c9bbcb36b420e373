// The entry that `.ci/embedded` links with one contract: it reaches decoding, the personal-data filter and the
// method list, so that all of them have to compile and link without a Swift runtime library.
internal import Consent
internal import ContractKit
internal import Primitives

/// Checks a withdrawal whose id has the given number of bytes: 0, or the code of the refusal.
@_expose(wasm, "check")
@_cdecl("check")
public func check(_ count: Int32) -> Int32 {
    var encoder = CBOREncoder()
    encoder.map(1)
    encoder.unsigned(1)
    encoder.byteString([UInt8](repeating: 7, count: Int(count & 0xFF)))
    do {
        try Consent.check(method: .constant("withdraw-consent"), arguments: encoder.bytes)
        return 0
    } catch {
        return Int32(truncatingIfNeeded: error.code.rawValue)
    }
}

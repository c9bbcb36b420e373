internal import Primitives

/// Checks proof files of one chain. All that it has is the chain's genesis file: no network, no clock, no storage.
///
///     let verifier = try Verifier(genesis: bytesOfTheGenesisFile)
///     let statement = try verifier.verify(bytesOfTheProofFile)
///
/// A value without state: it can be shared, copied and used on any thread.
public struct Verifier: Sendable {
    /// The largest proof file that is looked at.
    public static let greatestProofByteCount = ProofFile.greatestByteCount

    private let chain: Chain
    private let proofs: ProofVerifier

    /// - Parameters:
    ///   - genesis: The chain's genesis file. Whoever chooses it chooses the chain: take it from somebody you trust, or
    ///     compare `chainID`.
    ///   - trustedHeader: The encoded header of a block that you know to be the chain's, if you have one. Keys of
    ///     validators that have left could sign another past; no proof that contradicts this header is accepted.
    /// - Throws: `VerificationError` with the checks `genesis`, `trustedHeader` or `chain`.
    public init(genesis: [UInt8], trustedHeader: [UInt8]? = nil) throws(VerificationError) {
        do throws(CBORError) {
            chain = try Chain(decoding: genesis)
        } catch {
            throw VerificationError(.genesis, "not a genesis file: \(error.explanation)")
        }
        var trusted: Header?
        if let trustedHeader {
            do throws(CBORError) {
                trusted = try Header(decoding: trustedHeader)
            } catch {
                throw VerificationError(.trustedHeader, "not a header: \(error.explanation)")
            }
        }
        if let trusted, trusted.chain != chain.id {
            throw VerificationError(.chain, "the trusted header is of another chain than the genesis")
        }
        proofs = ProofVerifier(chain: chain, trusted: trusted)
    }

    /// The SHA-256 of the genesis file, which names the chain.
    public var chainID: [UInt8] { chain.id.bytes }

    /// The name that the genesis gives the chain.
    public var chainName: String { chain.genesis.chainName.text }

    /// What a proof file proves. Nothing in it is believed before it is checked, and it can be of any bytes.
    public func verify(_ proof: [UInt8]) throws(VerificationError) -> ProvenStatement {
        do throws(ProofError) {
            return ProvenStatement(try proofs.verify(proof))
        } catch {
            throw VerificationError(error)
        }
    }
}

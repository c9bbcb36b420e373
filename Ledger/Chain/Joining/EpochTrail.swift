package import Primitives

/// Why what somebody offers proves nothing.
package struct UnprovenError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The epochs of a chain as far as somebody has followed them, each by the certified last header of the one before:
/// whom to believe about which height.
package struct EpochTrail: Sendable {
    package let chain: Digest
    /// The handovers in order, with which the trail goes on from where it began.
    package private(set) var handovers: [ProofFile.Handover] = []
    /// The epochs followed, ascending, the first of them being where the trail begins.
    package private(set) var records: [EpochRecord]

    package init(chain: Digest, from first: EpochRecord) {
        self.chain = chain
        records = [first]
    }

    /// From the genesis on.
    package init(_ chain: Chain) {
        self.init(
            chain: chain.id,
            from: EpochRecord(number: 0, start: .genesis, validators: chain.validators)
        )
    }

    /// The newest epoch that is known.
    package var epoch: UInt64 { records.last?.number ?? 0 }

    /// Takes the end of the newest epoch.
    package mutating func follow(_ handover: ProofFile.Handover) throws(UnprovenError) {
        let header = handover.header
        try check(header, handover.certificate)
        guard header.epoch == epoch, header.endsEpoch, header.nextValidatorsDigest == handover.nextValidators.digest
        else { throw UnprovenError("it does not hand over to the next epoch") }
        handovers.append(handover)
        records.append(EpochRecord(number: epoch + 1, start: header.height, validators: handover.nextValidators))
    }

    /// The validators who certify a header, by its epoch and height; nil where it lies outside what was followed.
    package func validators(of header: Header) -> ValidatorSet? {
        guard header.chain == chain, let first = records.first, header.epoch >= first.number,
            header.epoch <= epoch
        else { return nil }
        let index = Int(header.epoch - first.number)
        guard header.height > records[index].start else { return nil }
        if records.indices.contains(index + 1), header.height > records[index + 1].start { return nil }
        return records[index].validators
    }

    package func check(_ header: Header, _ certificate: Certificate) throws(UnprovenError) {
        guard let validators = validators(of: header) else { throw UnprovenError("the header is of no known epoch") }
        do throws(CertificateError) {
            try certificate.check(header, by: validators)
        } catch { throw UnprovenError(error.explanation) }
    }
}

extension ChainStore {
    /// Where each epoch from the given one on ended, as far as it is known here: at most as many as the limit.
    package func handovers(from epoch: UInt64, limit: Int) throws(LedgerFault) -> [ProofFile.Handover] {
        var handovers: [ProofFile.Handover] = []
        var number = epoch
        while handovers.count < limit, number < .max, let (height, certificate) = try handover(from: number),
            height <= lastCertified, let header = try header(at: height), let next = try self.epoch(number + 1)
        {
            handovers.append(
                ProofFile.Handover(header: header, certificate: certificate, nextValidators: next.validators)
            )
            number += 1
        }
        return handovers
    }
}

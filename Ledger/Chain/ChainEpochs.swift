internal import ContractKit
internal import Governance
package import Primitives
internal import Storage

// Who votes, and who did (rule 26 of the protocol).
extension ChainStore {
    /// An epoch that has begun here, or will with the next block.
    package func epoch(_ number: UInt64) throws(LedgerFault) -> EpochRecord? {
        guard number > 0 else { return EpochRecord(number: 0, start: .genesis, validators: chain.validators) }
        do throws(StorageError) {
            guard let bytes = try database.get(.validators, StorageKey.height(number)) else { return nil }
            return try ChainStore.decode(bytes) { (bytes) throws(CBORError) in
                try EpochRecord(decoding: bytes, number: number)
            }
        } catch {
            throw .storage(error)
        }
    }

    /// The epoch of the block above a height: the one in which a validator that is certified up to there votes.
    package func epoch(above height: Height) throws(LedgerFault) -> EpochRecord {
        guard let header = try header(at: height) else { throw .noSuchHeight(height) }
        let number = header.endsEpoch ? header.epoch + 1 : header.epoch
        guard let record = try epoch(number) else {
            throw .storage(.corruption("the validators of epoch \(number)"))
        }
        return record
    }

    /// The last block of an epoch, if that is over, with the certificate that leads a peer out of it.
    package func handover(from epoch: UInt64) throws(LedgerFault) -> (height: Height, certificate: Certificate)? {
        guard epoch < .max, let next = try self.epoch(epoch + 1), let certificate = try certificate(at: next.start)
        else { return nil }
        return (height: next.start, certificate: certificate)
    }

    /// Where the epoch ends, as the last executed block says: its own height if it is the epoch's last.
    package func boundary() throws(LedgerFault) -> Height? {
        let header = lastHeader
        guard !header.endsEpoch else { return header.height }
        guard let bytes = try state(Governance.stateKeyOfSuccession) else { return nil }
        do throws(ContractError) {
            return try SuccessionRow(decoding: bytes).boundary
        } catch {
            throw .storage(.corruption("the succession of validators"))
        }
    }

    /// How each epoch before the given one handed over to the next, for proof files; nil while a certificate is missing.
    func handovers(to epoch: UInt64) throws(LedgerFault) -> [ProofFile.Handover]? {
        var handovers: [ProofFile.Handover] = []
        for number in 0..<epoch {
            guard let (height, certificate) = try handover(from: number), let header = try header(at: height),
                let next = try self.epoch(number + 1)
            else { return nil }
            let handover = ProofFile.Handover(
                header: header,
                certificate: certificate,
                nextValidators: next.validators
            )
            handovers.append(handover)
        }
        return handovers
    }
}

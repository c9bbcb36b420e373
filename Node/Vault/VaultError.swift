/// Why the vault refuses. Nothing has been stored, read or released when one of these is thrown.
package enum VaultError: Error, Hashable, Sendable {
    /// The operator's key file is missing: the vault never falls back to plain text.
    case noOperatorKey(path: String)
    /// Others may read the operator's key file.
    case keyFileMode(path: String, mode: UInt32)
    case badKeyFile(path: String)
    /// Key and data in one directory would leave together, in one backup or one theft.
    case keyBesideData(path: String)
    /// The key file is not the one that this vault was made with.
    case wrongOperatorKey
    case alreadyExists(path: String)
    case notFound(path: String)
    /// A vault written by a newer version.
    case newerSchema(Int)
    case unknownSubject
    case unknownRecord
    case erasedSubject
    /// The subject's profile is restricted: kept, and not to be read.
    case restrictedSubject
    /// No live consent of the subject for this purpose.
    case noConsent
    /// Ciphertext or key that was changed, or moved to another row.
    case tampered
    /// The access log was changed or cut.
    case logTampered(entry: Int64)
    case invalidProfile(String)
    case storage(String)

    /// A stable word in capitals, in the manner of the contracts' codes.
    package var code: String {
        switch self {
        case .noOperatorKey, .keyFileMode, .badKeyFile, .keyBesideData, .wrongOperatorKey: "KEY"
        case .alreadyExists: "DUPLICATE"
        case .notFound, .unknownSubject, .unknownRecord: "REFERENCE"
        case .newerSchema, .invalidProfile: "SCHEMA"
        case .erasedSubject, .restrictedSubject: "STATE"
        case .noConsent: "CONSENT"
        case .tampered, .logTampered: "TAMPERED"
        case .storage: "STORAGE"
        }
    }
}

extension VaultError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noOperatorKey(let path): "there is no operator's key at \(path); without a key the vault does nothing"
        case .keyFileMode(let path, let mode):
            "\(path) has mode \(String(mode, radix: 8)); only its owner may read a key (chmod 600)"
        case .badKeyFile(let path): "\(path) is not a key of 64 hexadecimal digits"
        case .keyBesideData(let path): "the operator's key must not lie in the vault's own directory: \(path)"
        case .wrongOperatorKey: "this is not the operator's key of this vault"
        case .alreadyExists(let path): "\(path) exists already and is not replaced"
        case .notFound(let path): "there is no vault at \(path)"
        case .newerSchema(let version): "the vault has schema \(version), which a newer version wrote"
        case .unknownSubject: "no such subject; a record is stored only under the key of the person it is about"
        case .unknownRecord: "no such record"
        case .erasedSubject: "the subject was erased"
        case .restrictedSubject: "the subject's profile is restricted"
        case .noConsent: "the subject has given no live consent for this purpose"
        case .tampered: "the stored bytes are not those that were written"
        case .logTampered(let entry): "the access log was changed at entry \(entry)"
        case .invalidProfile(let reason): "not a profile: \(reason)"
        case .storage(let reason): "the database failed: \(reason)"
        }
    }
}

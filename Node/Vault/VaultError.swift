/// Why the vault refuses. Nothing has been stored, read or released when one of these is thrown.
package enum VaultError: Error, Hashable, Sendable {
    /// The operator's key file is missing: the vault never falls back to plain text.
    case noOperatorKey(path: String)
    /// Others may read the operator's key file.
    case keyFileMode(path: String, mode: UInt32)
    case badKeyFile(path: String)
    /// A link could lead into the vault's directory, or change where it leads.
    case keyIsLink(path: String)
    case keyNotOpened(path: String, reason: String)
    /// Key and data in one directory would leave together, in one backup or one theft.
    case keyBesideData(path: String)
    /// The key file is not the one that this vault was made with.
    case wrongOperatorKey
    case alreadyExists(path: String)
    case notFound(path: String)
    /// A vault written by a newer version.
    case newerSchema(Int)
    /// A vault of a development version, whose access log could be cut unseen.
    case olderSchema(Int)
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
    case logTampered(LogDamage)
    case invalidProfile(String)
    case storage(String)

    /// A stable word in capitals, in the manner of the contracts' codes.
    package var code: String {
        switch self {
        case .noOperatorKey, .keyFileMode, .badKeyFile, .keyIsLink, .keyNotOpened, .keyBesideData, .wrongOperatorKey:
            "KEY"
        case .alreadyExists: "DUPLICATE"
        case .notFound, .unknownSubject, .unknownRecord: "REFERENCE"
        case .newerSchema, .olderSchema, .invalidProfile: "SCHEMA"
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
        case .keyIsLink(let path): "\(path) is a symbolic link; name the key's own file"
        case .keyNotOpened(let path, let reason): "\(path) cannot be opened: \(reason)"
        case .keyBesideData(let path): "the operator's key must not lie in the vault's own directory: \(path)"
        case .wrongOperatorKey: "this is not the operator's key of this vault"
        case .alreadyExists(let path): "\(path) exists already and is not replaced"
        case .notFound(let path): "there is no vault at \(path)"
        case .newerSchema(let version): "the vault has schema \(version), which a newer version wrote"
        case .olderSchema(let version):
            "the vault has schema \(version) of a development version, which is no longer read; make a new vault"
        case .unknownSubject: "no such subject; a record is stored only under the key of the person it is about"
        case .unknownRecord: "no such record"
        case .erasedSubject: "the subject was erased"
        case .restrictedSubject: "the subject's profile is restricted"
        case .noConsent: "the subject has given no live consent for this purpose"
        case .tampered: "the stored bytes are not those that were written"
        case .logTampered(let damage): "the access log is not as it was written: \(damage)"
        case .invalidProfile(let reason): "not a profile: \(reason)"
        case .storage(let reason): "the database failed: \(reason)"
        }
    }
}

extension LogDamage: CustomStringConvertible {
    package var description: String {
        switch self {
        case .changed(let entry): "entry \(entry) was changed or moved"
        case .missing(let first, let last) where first == last: "entry \(first) is missing"
        case .missing(let first, let last): "entries \(first) to \(last) are missing"
        case .olderHead(let number):
            "there are entries after \(number), where its head ends; an older head was put back"
        case .head: "its head is missing or was changed"
        }
    }
}

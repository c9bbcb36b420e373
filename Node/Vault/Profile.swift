package import Primitives

/// What the vault keeps about a person. None of it ever reaches the chain.
package struct Profile: Hashable, Sendable {
    package var id: String
    package var userName: String
    package var email: String
    package var gender: String
    package var age: UInt64
    /// ISO 3166-1 alpha-2, in capitals.
    package var nationality: String

    package static let greatestTextByteCount = 320
    package static let greatestAge: UInt64 = 150

    package init(id: String, userName: String, email: String, gender: String, age: UInt64, nationality: String) {
        self.id = id
        self.userName = userName
        self.email = email
        self.gender = gender
        self.age = age
        self.nationality = nationality
    }

    /// Checks the form of each field, so that nothing is committed to that could not be read back.
    package func check() throws(VaultError) {
        for (name, text) in [("id", id), ("user name", userName), ("email", email), ("gender", gender)] {
            guard (1...Profile.greatestTextByteCount).contains(text.utf8.count) else {
                throw .invalidProfile("\(name) has 1 to \(Profile.greatestTextByteCount) bytes")
            }
        }
        guard age <= Profile.greatestAge else { throw .invalidProfile("age is at most \(Profile.greatestAge)") }
        guard nationality.utf8.count == 2, nationality.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw .invalidProfile("nationality is two capital letters (ISO 3166-1)")
        }
    }

    /// The canonical record: what is encrypted, and what the commitment is about.
    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 128)
        encoder.map(6)
        for (key, text) in [(1, id), (2, userName), (3, email), (4, gender)] as [(UInt64, String)] {
            encoder.unsigned(key)
            encoder.text(text)
        }
        encoder.unsigned(5)
        encoder.unsigned(age)
        encoder.unsigned(6)
        encoder.text(nationality)
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try decoder.map(exactly: 6)
        func text(_ key: UInt64, _ decoder: inout CBORDecoder) throws(CBORError) -> String {
            try decoder.key(key)
            return try decoder.text(atMost: Profile.greatestTextByteCount)
        }
        id = try text(1, &decoder)
        userName = try text(2, &decoder)
        email = try text(3, &decoder)
        gender = try text(4, &decoder)
        try decoder.key(5)
        age = try decoder.unsigned()
        nationality = try text(6, &decoder)
        try decoder.finish()
    }
}

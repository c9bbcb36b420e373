import LedgerCrypto
import Primitives
import Testing

@Suite struct HashTests {
    /// FIPS 180-4 examples.
    @Test(
        "SHA-256 gives the published digests",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ]
    )
    func publishedDigests(message: String, digest: String) {
        #expect(SHA256Function.digest(of: Array(message.utf8)).hex == digest)
    }

    @Test("the prefixed forms hash exactly the prefix and the bytes")
    func prefixedForms() {
        let left = SHA256Function.digest(of: [1])
        let right = SHA256Function.digest(of: [2])
        #expect(
            SHA256Function.digest(prefix: 1, left, right)
                == SHA256Function.digest(of: [1] + left.bytes + right.bytes)
        )
        #expect(SHA256Function.digest(prefix: 7, of: [9, 9]) == SHA256Function.digest(of: [7, 9, 9]))
        #expect(SHA256Function.digest(prefix: 0, of: []) == SHA256Function.digest(of: [0]))
    }
}

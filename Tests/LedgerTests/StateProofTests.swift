import Ledger
import Primitives
import SeededRandom
import Storage
import Testing

/// A proof says one thing under one root, and nothing that was altered says anything.
@Suite struct StateProofTests {
    @Test("presence and absence are proven for every key, and the encoding comes back", arguments: [1, 2, 5, 300])
    func provesEverything(rowCount: Int) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let world = try world(rowCount, in: directory)
        let root = world.model.root
        for number in 0..<(rowCount * 2) {
            let proof = try StateTree.prove(row(number), in: world.database, at: Height(1))
            #expect(proof.verifies(under: root))
            #expect(proof.value == world.model.rows[row(number)])
            #expect(try StateProof(decoding: proof.encoded) == proof)
            #expect(!proof.verifies(under: Digest(words: (1, 1, 1, 1))))
        }
    }

    @Test(
        "through blocks of random changes, every proof at every height is the one of the naive model",
        arguments: 0..<3 as Range<UInt64>
    )
    func agreesWithModel(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        var random = SplitMix64(seed: seed)
        var models = [world.model]
        let keyCount = 60
        for block in 0..<25 {
            // The tree grows, shrinks to nothing or nearly so, and grows again.
            try world.apply(world.randomChanges(keyCount: keyCount, deletesIn: block % 8 < 4 ? 5 : 1, &random))
            models.append(world.model)
        }
        var findings = (present: 0, nothing: 0, other: 0)
        for (height, model) in models.enumerated() {
            for number in 0..<keyCount {
                let proof = try StateTree.prove(row(number), in: world.database, at: Height(UInt64(height)))
                #expect(proof == model.proof(of: row(number)), "height \(height), row \(number)")
                #expect(proof.verifies(under: model.root))
                switch proof.finding {
                case .value: findings.present += 1
                case .nothing: findings.nothing += 1
                case .otherKey: findings.other += 1
                }
            }
        }
        #expect(min(findings.present, findings.nothing, findings.other) > 50, "\(findings)")
    }

    @Test("the tree without keys proves absence, and nothing else")
    func emptyTree() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let proof = try StateTree.prove(row(1), in: try directory.open(), at: .genesis)
        #expect(proof == StateProof(key: row(1), finding: .nothing, siblings: []))
        #expect(proof.verifies(under: StateHash.empty))
        #expect(!StateProof(key: row(1), finding: .value([]), siblings: []).verifies(under: StateHash.empty))
    }

    @Test("a proof altered in any byte never verifies, and neither does a cut one")
    func alteredProofsFail() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let world = try world(40, in: directory)
        var random = SplitMix64(seed: 3)
        let root = world.model.root
        for number in stride(from: 0, to: 80, by: 3) {
            let bytes = try StateTree.prove(row(number), in: world.database, at: Height(1)).encoded
            for index in bytes.indices {
                var altered = bytes
                altered[index] ^= UInt8.random(in: 1...255, using: &random)
                #expect(!verifies(altered, root), "row \(number), byte \(index)")
                #expect(!verifies(Array(bytes[..<index]), root))
            }
            #expect(!verifies(bytes + [0], root))
        }
    }

    @Test("what a proof of one key shows cannot be told of another key")
    func proofsAreBound() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let world = try world(40, in: directory)
        let root = world.model.root
        for number in 0..<40 {
            let proof = try StateTree.prove(row(number), in: world.database, at: Height(1))
            guard case .value(let value) = proof.finding else { continue }
            // Another key, absence of a key that is there, and a leaf further up or down.
            #expect(!StateProof(key: row(99), finding: proof.finding, siblings: proof.siblings).verifies(under: root))
            let absent = StateProof(key: proof.key, finding: .nothing, siblings: proof.siblings)
            #expect(!absent.verifies(under: root))
            let own = StateProof.Finding.otherKey(
                position: StateHash.position(of: proof.key),
                value: StateHash.value(value)
            )
            #expect(!StateProof(key: proof.key, finding: own, siblings: proof.siblings).verifies(under: root))
            // A leaf that is elsewhere is no witness for a position that its part of the tree does not hold.
            let other = StateProof(key: row(99), finding: own, siblings: proof.siblings)
            let isNear = StateHash.position(of: row(99)).sharesPrefix(
                StateHash.position(of: proof.key),
                bitCount: proof.siblings.count
            )
            #expect(other.verifies(under: root) == isNear)
            let longer = StateProof(key: proof.key, finding: proof.finding, siblings: proof.siblings + [.zero])
            #expect(!longer.verifies(under: root))
            let shorter = StateProof(key: proof.key, finding: proof.finding, siblings: proof.siblings.dropLast())
            #expect(!shorter.verifies(under: root))
        }
    }

    @Test("hostile lengths and counts are refused before anything is allocated")
    func refusesHostileEncodings() {
        let hostile: [[UInt8]] = [
            [0x83, 0x5B, 255, 255, 255, 255, 255, 255, 255, 255],
            [0x83, 0x40, 0x40, 0x9B, 255, 255, 255, 255, 255, 255, 255, 255],
            [0x83, 0x40, 0x40, 0x99, 0x01, 0x01] + [UInt8](repeating: 0xF6, count: 257),
            [0x83, 0x40, 0x40, 0x81, 0x58, 0x20] + [UInt8](repeating: 0, count: 32),
            [0x83, 0x40, 0xF6, 0x80],
            [0x84, 0x40, 0x40, 0x80, 0xF6],
        ]
        for bytes in hostile { #expect(throws: CBORError.self) { try StateProof(decoding: bytes) } }
    }

    private func verifies(_ bytes: [UInt8], _ root: Digest) -> Bool {
        guard let proof = try? StateProof(decoding: bytes) else { return false }
        return proof.verifies(under: root)
    }

    private func world(_ rowCount: Int, in directory: TemporaryDirectory) throws -> TreeWorld {
        var world = TreeWorld(database: try directory.open())
        try world.apply((0..<rowCount).map { (row($0), Array("value of \($0)".utf8)) })
        return world
    }
}

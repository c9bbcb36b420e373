import ContractKit
import ContractTesting
import Primitives
import SeededRandom
import Testing

@Suite struct TableTests {
    @Test("a row is found as written, and only its own contract reaches it")
    func ownership() throws {
        var bed = Testbed()
        try bed.apply(by: .chain) { context throws(ContractError) in
            try context.call(into: Sample.id) { context throws(ContractError) in
                try Sample.rows.put(Pair(.constant("a"), 1), SampleRow(amount: 5), &context)
                #expect(try Sample.rows.get(Pair(.constant("a"), 1), &context) == SampleRow(amount: 5))
                #expect(try Sample.rows.get(Pair(.constant("a"), 2), &context) == nil)
            }
        }
        for touch in Touch.allCases {
            #expect(
                refusal { () throws(ContractError) in
                    try bed.peek { context throws(ContractError) in
                        try context.call(into: Other.id) { context throws(ContractError) in
                            try touch.perform(&context)
                        }
                    }
                } == .policy
            )
        }
    }

    @Test("a second row under one key is DUPLICATE, a missing one is REFERENCE")
    func presence() throws {
        var bed = Testbed()
        try bed.run(PutMethod("a", 1, amount: 1), of: Sample.self, by: Caller.chain)
        #expect(
            refusal { () throws(ContractError) in
                try bed.run(PutMethod("a", 1, amount: 2), of: Sample.self, by: Caller.chain)
            } == .duplicate
        )
        #expect(
            refusal { () throws(ContractError) in
                _ = try bed.peek { context throws(ContractError) in
                    try context.call(into: Sample.id) { context throws(ContractError) in
                        try Sample.rows.existing(Pair(.constant("a"), 9), "row", &context)
                    }
                }
            } == .reference
        )
    }

    @Test("keys order as their values, and no key begins another")
    func keyOrder() {
        let numbers: [UInt64] = [0, 1, 255, 256, 65_535, 1 << 32, .max]
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0.bytes.lexicographicallyPrecedes($1.bytes) })
        let texts = ["a", "a-b", "a0", "aa", "b", "ba"].map { Identifier.constant($0) }.sorted()
        #expect(zip(texts, texts.dropFirst()).allSatisfy { $0.bytes.lexicographicallyPrecedes($1.bytes) })
        let pairs = texts.flatMap { text in numbers.map { Pair(text, $0) } }
        #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.bytes.lexicographicallyPrecedes($1.bytes) })
        for pair in pairs {
            #expect(Pair<Identifier, UInt64>(bytes: pair.bytes) == pair)
            #expect(Pair<Identifier, UInt64>(bytes: pair.bytes + [0]) == nil)
            #expect(Pair<Identifier, UInt64>(bytes: pair.bytes.dropLast()) == nil)
        }
    }

    @Test("indexes are marked in their keys as no leaves, proven ones are leaves")
    func leaves() {
        #expect(StateLayout.isLeaf(Sample.rows.stateKey(Whole())))
        #expect(!StateLayout.isLeaf(Sample.marks.stateKey(Whole())))
        #expect(StateLayout.isLeaf(Table<UInt64, Nothing>(Sample.id, 9, kind: .provenIndex).stateKey(Whole())))
        #expect(!StateLayout.isLeaf([1]))
    }

    @Test("the end of a prefix is the least key behind all that begin with it")
    func prefixEnd() {
        #expect(StateLayout.end(ofPrefix: [1, 2]) == [1, 3])
        #expect(StateLayout.end(ofPrefix: [1, 0xFF]) == [2])
        #expect(StateLayout.end(ofPrefix: [0xFF, 0xFF]) == nil)
        #expect(StateLayout.end(ofPrefix: []) == nil)
    }
}

@Suite struct ScanTests {
    typealias Entry = Page<Pair<Identifier, UInt64>, SampleRow>.Entry

    /// Random rows in the base, random changes on top, every prefix and page size: the pages put together are what a
    /// plain dictionary says.
    @Test("a scan merges the block's state with the transaction's changes, page by page, in order", arguments: 0..<30)
    func merging(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let groups = ["a", "a-b", "b"].map { Identifier.constant($0) }
        var model: [Pair<Identifier, UInt64>: UInt64] = [:]
        var bed = Testbed()

        func change(_ context: inout ContractContext, deletions: Bool) throws(ContractError) {
            for _ in 0..<Int.random(in: 0...40, using: &generator) {
                let key = Pair(
                    groups[Int.random(in: 0..<3, using: &generator)],
                    UInt64.random(in: 0...30, using: &generator)
                )
                if deletions, Bool.random(using: &generator) {
                    try Sample.rows.delete(key, &context)
                    model[key] = nil
                } else {
                    let amount = UInt64.random(in: 0...1000, using: &generator)
                    try Sample.rows.put(key, SampleRow(amount: amount), &context)
                    model[key] = amount
                }
            }
        }

        try bed.apply(by: .chain) { context throws(ContractError) in
            try context.call(into: Sample.id) { context throws(ContractError) in
                try change(&context, deletions: false)
            }
        }
        let limit = UInt64.random(in: 1...8, using: &generator)
        try bed.apply(by: .chain) { context throws(ContractError) in
            try context.call(into: Sample.id) { context throws(ContractError) in
                try change(&context, deletions: true)
                for group in groups {
                    let found = try pages(prefix: group, limit: limit, &context)
                    let expected = model.filter { $0.key.first == group }.sorted { $0.key.second < $1.key.second }
                    #expect(found.map(\.key) == expected.map(\.key))
                    #expect(found.map(\.row.amount) == expected.map(\.value))
                }
                let all = try pages(prefix: Whole(), limit: limit, &context)
                #expect(all.map(\.key.bytes) == model.keys.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) })
            }
        }
    }

    private func pages(
        prefix: some TableKey,
        limit: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) -> [Entry] {
        var found: [Entry] = []
        var after: [UInt8]?
        repeat {
            let page = try Sample.rows.scan(prefix: prefix, after: after, limit: limit, &context)
            #expect(page.entries.count <= Int(limit))
            found += page.entries
            after = page.next
        } while after != nil
        return found
    }

    @Test("a cursor from outside cannot leave the range asked for")
    func foreignCursors() throws {
        var bed = Testbed()
        for (group, number) in [("a", 1), ("b", 1), ("b", 2), ("c", 1)] {
            try bed.run(PutMethod(group, UInt64(number)), of: Sample.self, by: Caller.chain)
        }
        func keys(after cursor: [UInt8]) throws -> [UInt64] {
            try bed.peek { context throws(ContractError) in
                try context.call(into: Sample.id) { context throws(ContractError) in
                    try Sample.rows.scan(prefix: Identifier.constant("b"), after: cursor, limit: 9, &context)
                        .entries.map { $0.key.second }
                }
            }
        }
        #expect(try keys(after: [0]) == [1, 2])
        #expect(try keys(after: Pair(Identifier.constant("a"), UInt64(0)).bytes) == [1, 2])
        #expect(try keys(after: Pair(Identifier.constant("b"), UInt64(1)).bytes) == [2])
        #expect(try keys(after: Pair(Identifier.constant("c"), UInt64(0)).bytes) == [])
        #expect(try keys(after: [0xFF, 0xFF]) == [])
        #expect(
            refusal { () throws(ContractError) in
                _ = try bed.peek { context throws(ContractError) in
                    try context.call(into: Sample.id) { context throws(ContractError) in
                        try Sample.rows.scan(after: Array(repeating: 0, count: 257), limit: 9, &context)
                    }
                }
            } == .limit
        )
    }

    @Test("a page has at least one row and at most the greatest page", arguments: [0, 101, UInt64.max])
    func pageSizes(limit: UInt64) {
        let bed = Testbed()
        #expect(
            refusal { () throws(ContractError) in
                _ = try bed.peek { context throws(ContractError) in
                    try context.call(into: Sample.id) { context throws(ContractError) in
                        try Sample.rows.scan(limit: limit, &context)
                    }
                }
            } == .limit
        )
    }

    @Test("a range scan takes its lower bound and leaves its upper one")
    func ranges() throws {
        var bed = Testbed()
        for number in UInt64(0)..<10 { try bed.run(PutMethod("a", number), of: Sample.self, by: Caller.chain) }
        let found = try bed.peek { context throws(ContractError) in
            try context.call(into: Sample.id) { context throws(ContractError) in
                try Sample.rows.scan(
                    from: Pair(Identifier.constant("a"), UInt64(3)),
                    to: Pair(Identifier.constant("a"), UInt64(7)),
                    limit: 9,
                    &context
                )
            }
        }
        #expect(found.entries.map(\.key.second) == [3, 4, 5, 6])
    }
}

@Suite struct WriteSetTests {
    @Test("changes stay sorted and findable, however many and in whatever order they come", arguments: 0..<6)
    func sorted(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var changes = WriteSet()
        var model: [StateKey: [UInt8]?] = [:]
        for step in 0..<600 {
            let number: UInt64 =
                switch seed % 3 {
                case 0: UInt64(step)
                case 1: UInt64(600 - step)
                default: UInt64.random(in: 0...400, using: &generator)
                }
            let key = number.bytes
            let value: [UInt8]? = Bool.random(using: &generator) ? [UInt8(truncatingIfNeeded: step)] : nil
            changes.set(key, to: value)
            model[key] = .some(value)
        }
        let keys = model.keys.sorted { $0.lexicographicallyPrecedes($1) }
        #expect(changes.writes.map(\.key) == keys)
        #expect(changes.count == keys.count && !changes.isEmpty)
        for number in UInt64(0)...601 {
            let key = number.bytes
            #expect(changes.change(of: key) == model[key])
            let expected = keys.first { !$0.lexicographicallyPrecedes(key) }
            #expect(changes.write(at: changes.position(from: key))?.key == expected)
        }
        var position = changes.position(from: [])
        var walked: [StateKey] = []
        while let write = changes.write(at: position) {
            walked.append(write.key)
            position = changes.position(after: position)
        }
        #expect(walked == keys)
    }
}

/// Every way to touch a table.
private enum Touch: CaseIterable {
    case get, contains, scan, put, insert, delete

    func perform(_ context: inout ContractContext) throws(ContractError) {
        let key = Pair(Identifier.constant("a"), UInt64(1))
        switch self {
        case .get: _ = try Sample.rows.get(key, &context)
        case .contains: _ = try Sample.rows.contains(key, &context)
        case .scan: _ = try Sample.rows.scan(limit: 1, &context)
        case .put: try Sample.rows.put(key, SampleRow(), &context)
        case .insert: try Sample.rows.insert(key, SampleRow(), "row", &context)
        case .delete: try Sample.rows.delete(key, &context)
        }
    }
}

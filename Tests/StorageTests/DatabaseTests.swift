import Primitives
import Storage
import Testing

/// What every other room relies on: nothing half written, nothing read that was not written, order.
@Suite struct DatabaseTests {
    @Test("a batch across families is there after reopening, whether it was synced or not")
    func batchesSurviveReopening() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        do {
            let database = try open(directory)
            var batch = database.makeBatch()
            batch.put(.state, [1], [2, 3])
            batch.put(.journal, [4], [])
            #expect(batch.count == 2)
            try database.write(batch)
            var other = database.makeBatch()
            other.put(.state, [5], [6])
            other.delete(.state, [1])
            try database.write(other, synced: true)
        }
        let database = try open(directory)
        #expect(try database.get(.state, [1]) == nil)
        #expect(try database.get(.state, [5]) == [6])
        #expect(try database.get(.journal, [4]) == [])
        #expect(try database.get(.journal, [5]) == nil)
    }

    @Test("a scan goes in byte order, from its start up to its end, and stops at its limit")
    func scansAreOrdered() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let database = try open(directory)
        var batch = database.makeBatch()
        for byte: UInt8 in [200, 3, 1, 127, 128, 2] { batch.put(.state, [7, byte], [byte]) }
        batch.put(.tree, [7, 4], [0])
        try database.write(batch)
        let all = try database.scan(.state, from: [7], to: [8], limit: 100)
        #expect(all.map(\.value) == [[1], [2], [3], [127], [128], [200]])
        #expect(try database.scan(.state, from: [7, 2], to: [7, 128], limit: 100).map(\.value) == [[2], [3], [127]])
        #expect(try database.scan(.state, from: [7, 2], limit: 2).map(\.value) == [[2], [3]])
        #expect(try database.scan(.state, from: [7, 201], limit: 2).isEmpty)
        #expect(try database.scan(.state, from: [], limit: 0).isEmpty)
    }

    @Test("removing files takes those below an end whole, and no key above it")
    func removesFiles() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let database = try open(directory)
        // Three files without overlap, the middle one across the end.
        for first: UInt8 in [0, 3, 6] {
            for byte in first..<(first + 3) { try put(database, .bodies, [byte, 1], [byte]) }
            try database.flush()
        }
        database.compact(.bodies)
        try database.deleteFiles(.bodies, through: [4])
        let left = try database.scan(.bodies, from: [], limit: 100).map { $0.key[0] }
        #expect(left.contains([4, 5, 6, 7, 8]), "\(left)")
        #expect(try database.scan(.state, from: [], limit: 1).isEmpty)
        try database.deleteFiles(.bodies, through: [9])
        #expect(try database.scan(.bodies, from: [], limit: 100).isEmpty)
    }

    @Test("a cursor walks backwards too, and outlives the last other reference to its database")
    func cursorsKeepTheirDatabase() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        for byte: UInt8 in 1...5 { try put(try open(directory), .events, [byte], [byte]) }
        var cursor = try open(directory).cursor(.events, from: [3])
        var walk = [cursor.key]
        cursor.previous()
        walk += [cursor.key, cursor.value]
        cursor.seekBackward([4, 9])
        walk.append(cursor.key)
        cursor.next()
        cursor.next()
        walk.append(cursor.key)
        #expect(walk == [[3], [2], [2], [4], []])
        try cursor.check()
        // The database is still open behind the cursor, so it cannot be opened a second time.
        #expect(throws: StorageError.self) { try open(directory) }
    }

    @Test("a snapshot does not see what is written after it")
    func snapshotsAreFrozen() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let database = try open(directory)
        try put(database, .state, [1], [1])
        let snapshot = database.snapshot()
        try put(database, .state, [1], [2])
        try put(database, .state, [2], [2])
        #expect(try database.get(.state, [1], in: snapshot) == [1])
        #expect(try database.get(.state, [2], in: snapshot) == nil)
        #expect(try database.scan(.state, from: [], limit: 9, in: snapshot).count == 1)
        #expect(try database.get(.state, [1]) == [2])
    }

    @Test("a range is deleted from its start up to, and not including, its end")
    func rangesAreDeleted() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let database = try open(directory)
        for byte: UInt8 in 1...9 { try put(database, .state, [byte], [byte]) }
        var batch = database.makeBatch()
        batch.deleteRange(.state, from: [3], to: [6])
        try database.write(batch)
        let left = try database.scan(.state, from: [], limit: 100).map(\.value)
        #expect(left == [[1], [2], [6], [7], [8], [9]])
    }

    @Test("a checkpoint is a database of the same chain with everything up to it")
    func checkpointsOpen() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let copy = directory.path + "-copy"
        defer { TemporaryDirectory.remove(copy) }
        let database = try open(directory)
        try put(database, .state, [1], [1])
        try database.checkpoint(at: copy)
        try put(database, .state, [2], [2])
        let other = try Database(path: copy, chain: chain)
        #expect(try other.scan(.state, from: [], limit: 9).map(\.value) == [[1]])
    }

    @Test("the end of a prefix is the first key above all that begin with it")
    func prefixEnds() {
        #expect(StorageKey.end(ofPrefix: [1, 2]) == [1, 3])
        #expect(StorageKey.end(ofPrefix: [1, 255, 255]) == [2])
        #expect(StorageKey.end(ofPrefix: [255]) == nil)
        #expect(StorageKey.end(ofPrefix: []) == nil)
        #expect(StorageKey.height(of: StorageKey.height(0x0102_0304_0506_0708)) == 0x0102_0304_0506_0708)
        #expect(StorageKey.height(of: [1, 2, 3]) == nil)
    }

    private func put(_ database: Database, _ family: ColumnFamily, _ key: [UInt8], _ value: [UInt8]) throws {
        var batch = database.makeBatch()
        batch.put(family, key, value)
        try database.write(batch)
    }
}

/// What is not ours is refused, with a message that says why, and stays as it is.
@Suite struct DatabaseIdentityTests {
    @Test("a database of another chain is refused")
    func refusesOtherChain() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        _ = try open(directory)
        let other = try #require(Digest([UInt8](repeating: 9, count: 32)))
        #expect(throws: StorageError.otherChain(found: chain, expected: other)) {
            try Database(path: directory.path, chain: other)
        }
        _ = try open(directory)
    }

    @Test("a newer schema is refused, and so is one that is not read any more")
    func refusesOtherSchemas() throws {
        let refusals: [(UInt64, StorageError)] = [
            (schemaVersion + 1, .newerSchema(found: "\(schemaVersion + 1)", supported: schemaVersion)),
            (schemaVersion - 1, .olderSchema(found: schemaVersion - 1, supported: schemaVersion)),
        ]
        for (other, refusal) in refusals {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            do {
                let database = try open(directory)
                var version = CBOREncoder()
                version.unsigned(other)
                var batch = database.makeBatch()
                batch.put(.meta, MetaKey.schema.bytes, version.bytes)
                try database.write(batch, synced: true)
            }
            #expect(throws: refusal) { try open(directory) }
        }
    }

    @Test("data without a schema version is refused: it is not ours")
    func refusesForeignData() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        do {
            let database = try open(directory)
            var batch = database.makeBatch()
            batch.put(.blocks, [1], [1])
            batch.delete(.meta, MetaKey.schema.bytes)
            try database.write(batch, synced: true)
        }
        #expect(throws: StorageError.corruption("there is data and no schema version")) { try open(directory) }
    }

    @Test("a second opening of the same database says that it is in use")
    func refusesSecondOpening() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let database = try open(directory)
        guard case .locked = failureOfOpening(directory) else {
            Issue.record("opened twice")
            return
        }
        try database.flush()
    }

    @Test("a damaged record inside the log is refused and not skipped (failure 30)")
    func refusesDamagedLog() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        do {
            let database = try open(directory)
            for byte: UInt8 in 1...100 {
                var batch = database.makeBatch()
                batch.put(.journal, [byte], [UInt8](repeating: byte, count: 1000))
                try database.write(batch, synced: true)
            }
        }
        let log = try #require(directory.files(withSuffix: ".log").max { $0.byteCount < $1.byteCount })
        try directory.flipBit(of: log.name, at: log.byteCount / 2)
        // Twice: nothing is repaired behind our back.
        for _ in 1...2 {
            guard case .corruption = failureOfOpening(directory) else {
                Issue.record("a damaged log was accepted")
                return
            }
        }
    }

    @Test("a log cut at any place loses its end and nothing else (failure 30)", arguments: [1, 7, 500, 3000])
    func acceptsTornLog(cut: Int) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        do {
            let database = try open(directory)
            for byte: UInt8 in 1...100 {
                var batch = database.makeBatch()
                batch.put(.journal, [byte], [UInt8](repeating: byte, count: 1000))
                batch.put(.state, [byte], [byte])
                try database.write(batch)
            }
        }
        let log = try #require(directory.files(withSuffix: ".log").max { $0.byteCount < $1.byteCount })
        try directory.truncate(log.name, to: log.byteCount - cut)
        let database = try open(directory)
        let journal = try database.scan(.journal, from: [], limit: 1000)
        let state = try database.scan(.state, from: [], limit: 1000)
        #expect(journal.count < 100 && journal.count >= 96)
        #expect(journal.map(\.key) == state.map(\.key))
        #expect(journal.map(\.key) == (1...UInt8(journal.count)).map { [$0] })
    }
}

private let chain = Digest(words: (1, 2, 3, 4))

@discardableResult
private func open(_ directory: TemporaryDirectory) throws(StorageError) -> Database {
    try Database(path: directory.path, chain: chain)
}

private func failureOfOpening(_ directory: TemporaryDirectory) -> StorageError? {
    do throws(StorageError) {
        try open(directory)
        return nil
    } catch {
        return error
    }
}

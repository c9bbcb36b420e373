import Glibc
import Primitives
import Storage
import Testing

/// Lets no file of this process grow beyond so many bytes; nil for any size.
private func limitFiles(to byteCount: rlim_t?) {
    // Without this the limit ends the process; with it a write answers that there is no room.
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    limit.rlim_cur = byteCount ?? limit.rlim_max
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}

/// What a full disk does to a database, played by the limit of a file's size, in a process of its own.
@Suite struct FailedWriteTests {
    @Test("after a write that failed, every other fails with the same error, and the process lives to say so")
    func failsForGood() async throws {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            func write(_ byte: UInt8, _ database: Database, synced: Bool = false) throws(StorageError) {
                var batch = database.makeBatch()
                batch.put(.state, [byte], [UInt8](repeating: byte, count: 64 << 10))
                try database.write(batch, synced: synced)
            }
            do {
                let database = try Database(path: directory.path, chain: .zero)
                try write(1, database, synced: true)
                limitFiles(to: 96 << 10)
                let first = #expect(throws: StorageError.self) { try write(2, database) }
                limitFiles(to: nil)
                // There is room again, but nobody knows how the log ends.
                for synced in [false, true] {
                    let later = #expect(throws: StorageError.self) { try write(3, database, synced: synced) }
                    #expect(later == first)
                }
                guard case .io = first else { exit(1) }
            }
            let database = try Database(path: directory.path, chain: .zero)
            #expect(try database.get(.state, [1])?.count == 64 << 10)
            #expect(try database.get(.state, [3]) == nil)
            try write(4, database, synced: true)
        }
    }
}

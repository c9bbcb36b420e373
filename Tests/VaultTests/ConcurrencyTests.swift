import Foundation
import Primitives
import Synchronization
import Testing
import Vault

@Suite("Several processes use one vault at once", .timeLimit(.minutes(5)))
struct ConcurrencyTests {
    @Test("Writers wait for each other: all succeed, and the log has every read, in a chain")
    func writers() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        let writers = 8
        let rounds = 10
        let failures = Mutex<[String]>([])
        // Each has a connection of its own, as a process has; they start together.
        let vaults = try (0..<writers).map { _ in try fixture.reopen() }
        DispatchQueue.concurrentPerform(iterations: writers) { index in
            do {
                for _ in 0..<rounds {
                    _ = try vaults[index].put(VaultFixture.profile, of: subject, now: VaultFixture.noon)
                    _ = try vaults[index].read(entry.reference, fixture.request())
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try fixture.vault.accessLog().count == writers * rounds)
        #expect(try fixture.vault.remains(of: subject).records.count == writers * rounds + 1)
    }
}

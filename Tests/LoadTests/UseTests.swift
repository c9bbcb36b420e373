import AkashiCLI
import Foundation
import Testing

@Suite struct UseTests {
    @Test("the command's name in /proc/PID/stat may hold anything")
    func processTime() {
        let stat = "4242 (a) b (c 1 2 3) S 1 2 3 4 5 6 7 8 9 10 150 50 7 3 20 0 8 0 100"
        #expect(ProcessTime.microseconds(inStat: stat, ticksPerSecond: 100) == 2_100_000)
        #expect(ProcessTime.microseconds(inStat: "4242 (akashi) S 1 2", ticksPerSecond: 100) == nil)
        #expect(ProcessTime.microseconds(inStat: "", ticksPerSecond: 100) == nil)
        #expect(ProcessTime.microseconds(of: Int(ProcessInfo.processInfo.processIdentifier)) != nil)
    }

    @Test("a file of names and numbers is read by the whole name")
    func numbers() {
        let text = "VmHWM:\t  86864 kB\nwrite_bytes: 12\ncancelled_write_bytes: 4096\n"
        #expect(ProcessTime.number("VmHWM", in: text) == 86_864)
        #expect(ProcessTime.number("write_bytes", in: text) == 12)
        #expect(ProcessTime.number("bytes", in: text) == nil)
    }

    @Test(
        "threads are grouped under plain words, as the kernel cuts their names",
        arguments: [
            ("engine\n", "engine"), ("crypto-1", "signatures"), ("execution-0", "execution"),
            ("oot.default-qos", "tasks"), ("rocksdb:low0", "background writing"), ("NIO-SGLTN-3-#1", "HTTP"),
            ("unheard-of", "unheard-of"),
        ]
    )
    func threadGroups(name: String, group: String) {
        #expect(ThreadGroup.name(of: name) == group)
    }

    @Test("a family of metrics is summed over its labels, and no other family with it")
    func metrics() {
        let text = """
            # HELP sent_total Something.
            sent_total{lane="a"} 12
            sent_total{lane="b"} 30
            sent_total_bytes 7
            other 5
            """
        #expect(ValidatorUse.sum(of: "sent_total", in: text) == 42)
        #expect(ValidatorUse.sum(of: "other", in: text) == 5)
        #expect(ValidatorUse.sum(of: "missing", in: text) == 0)
    }

    @Test("use is what was added between two moments, and none where another process counts from the start")
    func difference() {
        var before = ValidatorUse()
        before.microseconds = 100
        before.threads = ["engine": 60, "reading": 40]
        before.syncs = 3
        var after = before
        after.microseconds = 300
        after.threads = ["engine": 160, "HTTP": 5]
        after.syncs = 10
        after.memory = 77
        let use = after.since(before)
        #expect(use?.microseconds == 200 && use?.syncs == 7 && use?.memory == 77)
        #expect(use?.threads == ["engine": 100, "HTTP": 5, "reading": 0])
        #expect(before.since(after) == nil)
    }

    @Test("the machine's busy share is that of all processors, without waiting for disk")
    func machine() {
        let before = MachineUse(stat: "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3")
        let after = MachineUse(stat: "cpu  150 10 120 760 150 5 5 0 0 0\n")
        #expect(after.busyShare(since: before) == 0.45)
        #expect(before.busyShare(since: before).isNaN)
        #expect(MachineUse(stat: "").busyShare(since: MachineUse(stat: "cpu x")).isNaN)
    }

    @Test("lists of processors are read with their ranges")
    func processors() {
        #expect(MachineUse.processors(in: "\t0-1\n") == [0, 1])
        #expect(MachineUse.processors(in: "3,8-10") == [3, 8, 9, 10])
        #expect(MachineUse.processors(in: "5-2,x,99999999999") == [])
    }
}

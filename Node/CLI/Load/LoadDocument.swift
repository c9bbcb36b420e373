internal import NodeAPI

extension LoadReport {
    /// The run for programs: the fields that scripts rely on, and the rest of the table.
    package var json: [UInt8] {
        var text = JSONText(capacity: 4096)
        text.object { text in
            text.member("mode", mode)
            text.member("mix", mix)
            text.member("per_request", UInt64(perRequest))
            text.member("accounts", UInt64(accounts))
            text.member("validators", UInt64(validatorCount))
            text.member("bytes_per_tx", figure: signedCount > 0 ? Double(byteCount) / Double(signedCount) : .nan)
            text.member("seconds", figure: seconds)
            text.member("offered_per_s", figure: offeredPerSecond)
            text.member("committed_per_s", figure: committedPerSecond)
            text.name("latency_ms")
            text.object { $0.percentiles(milliseconds) }
            text.member("drain_s", figure: drainSeconds)
            writeCosts(&text)
            writeMachine(&text)
            text.name("blocks")
            text.object { text in
                text.member("count", UInt64(notes.blocks.count))
                text.member("per_s", figure: blocksPerSecond)
                text.member("transactions_p50", figure: batch(atPercentile: 50))
                text.member("transactions_max", figure: batch(atPercentile: 100))
            }
            writeOutcomes(&text)
        }
        return text.bytes
    }

    private func writeCosts(_ text: inout JSONText) {
        text.member("cpu_us_per_tx_per_validator", figure: validatorMicrosecondsPerTransaction)
        text.member("verify_us", figure: verify)
        text.name("verify_us_runs")
        text.array { text in
            for microseconds in verifyMicroseconds { text.figure(microseconds) }
        }
        text.member("verify_disturbance", figure: verifyDisturbance)
        text.member("efficiency", figure: efficiency)
        text.member("written_bytes_per_tx_per_validator", figure: perTransactionAndValidator(\.writtenBytes))
        text.member("syncs_per_tx_per_validator", figure: perTransactionAndValidator(\.syncs))
        text.member("peer_bytes_per_tx", figure: perTransaction(\.sentBytes))
        text.member("loopback_bytes_per_tx", figure: final > 0 ? Double(loopbackBytes) / Double(final) : .nan)
        text.name("validator_use")
        text.array { text in
            for use in validators {
                text.object { text in
                    text.member("cpu_s", figure: Double(use.microseconds) / 1e6)
                    text.name("threads_cpu_s")
                    text.object { text in
                        for (group, microseconds) in use.threads.sorted(by: { $0.key < $1.key }) {
                            text.member(group, figure: Double(microseconds) / 1e6)
                        }
                    }
                    text.member("written_bytes", use.writtenBytes)
                    text.member("syncs", use.syncs)
                    text.member("sent_bytes", use.sentBytes)
                    text.member("memory_bytes", use.memory)
                    text.member("highest_memory_bytes", use.highestMemory)
                }
            }
        }
    }

    private func writeMachine(_ text: inout JSONText) {
        text.member("machine_busy_share", figure: machineBusyShare)
        text.member("generator_cpu_s", figure: generatorMicroseconds / 1e6)
        text.member("generator_share", figure: generatorShare)
        text.name("lateness_ms")
        text.object { $0.percentiles(lateness) }
        text.member("bottleneck", bottleneck)
    }

    private func writeOutcomes(_ text: inout JSONText) {
        text.member("offered", UInt64(offered))
        text.member("committed", UInt64(final))
        text.member("failed", UInt64(failed))
        text.member("rejected", UInt64(refused))
        text.member("lost", UInt64(lost))
        for (name, counts) in [("methods", methods), ("codes", notes.codes), ("turned_away", notes.turnedAway)] {
            text.name(name)
            text.object { text in
                for (key, count) in counts.sorted(by: { $0.key < $1.key }) { text.member(key, UInt64(count)) }
            }
        }
    }
}

extension JSONText {
    fileprivate mutating func percentiles(_ value: (Double) -> Double) {
        for (name, percentile) in [("p50", 50.0), ("p95", 95), ("p99", 99), ("max", 100)] {
            member(name, figure: value(percentile))
        }
    }
}

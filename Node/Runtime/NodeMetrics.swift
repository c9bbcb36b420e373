internal import Consensus
internal import Ledger
internal import PeerNetwork
internal import Primitives
internal import Storage

extension Node: NodeBackend {
    package func metrics() async -> [MetricFamily] {
        let standing = await engine.standing
        return consensusMetrics(standing) + signatureMetrics(standing) + journalMetrics() + networkMetrics()
            + storageMetrics()
    }

    private func consensusMetrics(_ standing: EngineStanding) -> [MetricFamily] {
        let counters = standing.counters
        let rejections = Rejection.allCases.map { reason in
            MetricFamily.Sample(
                labels: [.init("reason", "\(reason)")],
                .number(Double(counters.rejections[reason] ?? 0))
            )
        }
        return [
            gauge("akashi_height", "Height of the last executed block.", standing.executed),
            gauge("akashi_certified_height", "Height of the last certified block.", standing.certified),
            gauge("akashi_view", "The present view.", standing.view),
            gauge("akashi_view_active", "1 if the view's NEW-VIEW was accepted.", standing.isActive ? 1 : 0),
            gauge("akashi_mempool_transactions", "Transactions that wait in the pool.", standing.waiting),
            gauge("akashi_outbox_messages", "Messages that wait for the journal.", standing.outbox),
            counter("akashi_batches_proposed_total", "Batches that this validator proposed.", counters.proposedBatches),
            counter(
                "akashi_transactions_proposed_total",
                "Transactions in those batches.",
                counters.proposedTransactions
            ),
            counter("akashi_blocks_executed_total", "Blocks executed since the start.", counters.executedBlocks),
            counter("akashi_blocks_certified_total", "Certificates since the start.", counters.certifiedBlocks),
            counter("akashi_view_changes_total", "View changes since the start.", counters.viewChanges),
            counter("akashi_complaints_total", "Turns of others that it complained of.", counters.complaints),
            counter("akashi_complaint_demands_total", "Views demanded on complaints.", counters.demands),
            counter("akashi_gossip_repeated_total", "Transactions told to all again.", counters.retellings),
            gauge(
                "akashi_votes",
                "0 where it only follows, because its journal was lost, or waits for answers at its start.",
                standing.votes ? 1 : 0
            ),
            gauge("akashi_awaits_answers", "1 while it waits for them.", standing.awaitsAnswers ? 1 : 0),
            gauge("akashi_answers", "Validators that said what they have seen of its votes.", standing.answers),
            counter("akashi_evidence_total", "Contradicting statements of validators seen.", counters.evidence),
            counter("akashi_late_fetches_total", "Requests for bodies that a proposal named.", counters.lateFetches),
            MetricFamily(
                "akashi_rejected_inputs_total",
                help: "Inputs that the replica did not accept.",
                kind: .counter,
                samples: rejections
            ),
        ]
    }

    private func signatureMetrics(_ standing: EngineStanding) -> [MetricFamily] {
        let verified = [
            ("consensus", receiver.value?.verifiedSignatures ?? 0),
            ("transaction", parts.verifier.verifiedSignatures),
        ]
        return [
            counter(
                "akashi_signatures_made_total",
                "Statements that this validator signed.",
                standing.counters.signatures
            ),
            MetricFamily(
                "akashi_signatures_verified_total",
                help: "Signatures verified: of peers' statements, and of transactions.",
                kind: .counter,
                samples: verified.map { .init(labels: [.init("kind", $0.0)], .number(Double($0.1))) }
            ),
        ]
    }

    private func journalMetrics() -> [MetricFamily] {
        let figures = parts.journal.figures
        let catchUp = parts.catchUp.figures
        let join = follower.join.figures
        return [
            gauge(
                "akashi_database_damaged",
                "1 once something of the database could not be read.",
                parts.store.database.damage.first == nil ? 0 : 1
            ),
            counter("akashi_journal_entries_total", "Journal entries written.", figures.entries),
            counter("akashi_journal_writes_total", "Writes that carried them.", figures.writes),
            counter("akashi_journal_syncs_total", "Those of the writes that were synced.", figures.syncs),
            counter("akashi_catch_up_blocks_total", "Blocks taken from peers.", catchUp.blocks),
            counter("akashi_catch_up_abandoned_total", "Peers left while catching up.", catchUp.abandonedPeers),
            counter("akashi_follow_blocks_total", "Blocks taken over the follow channel.", follower.figures.blocks),
            gauge("akashi_join_height", "Height whose snapshot is being taken, or 0.", join.height?.number ?? 0),
            counter("akashi_join_parts_total", "Parts of snapshots taken from others.", join.parts),
            counter("akashi_join_bytes_total", "Bytes of them.", join.bytes),
            counter("akashi_join_abandoned_total", "Sources left while taking a snapshot.", join.abandoned),
            counter("akashi_follow_calls_total", "Calls to others in order to follow.", follower.figures.calls),
        ]
    }

    private func networkMetrics() -> [MetricFamily] {
        let statistics = network.statistics
        func perLane(_ name: String, _ help: String, _ value: (LaneStatistics) -> UInt64) -> MetricFamily {
            MetricFamily(
                name,
                help: help,
                kind: .counter,
                samples: Lane.allCases.map { lane in
                    let sum = statistics.peers.reduce(UInt64(0)) { $0 + value($1.lanes[lane]) }
                    return .init(labels: [.init("lane", lane.name)], .number(Double(sum)))
                }
            )
        }
        let refusals = statistics.refusals.map { refusal in
            MetricFamily.Sample(labels: [.init("reason", "\(refusal.reason)")], .number(Double(refusal.count)))
        }
        let malformed = receiver.value?.refusals ?? [:]
        return [
            gauge("akashi_peers_connected", "Other validators with a live link.", statistics.connectedCount),
            gauge(
                "akashi_certificate_expiry_seconds",
                "When the TLS certificate expires, since 1970.",
                max(0, statistics.certificateNotAfter)
            ),
            gauge("akashi_followers", "Nodes that follow this one.", statistics.followers),
            counter("akashi_follower_answers_total", "Answers to followers.", statistics.followerAnswers),
            perLane("akashi_peer_frames_received_total", "Frames from peers.") { $0.framesReceived },
            perLane("akashi_peer_frames_sent_total", "Frames to peers.") { $0.framesSent },
            perLane("akashi_peer_received_bytes_total", "Bytes from peers.") { $0.bytesReceived },
            perLane("akashi_peer_sent_bytes_total", "Bytes to peers.") { $0.bytesSent },
            perLane("akashi_peer_frames_dropped_total", "Frames that a full queue dropped.") { $0.framesDropped },
            MetricFamily(
                "akashi_peer_refusals_total",
                help: "Connections that were refused.",
                kind: .counter,
                samples: refusals
            ),
            MetricFamily(
                "akashi_peer_frames_refused_total",
                help: "Frames that were refused.",
                kind: .counter,
                samples: ["malformed", "signature"].map {
                    .init(labels: [.init("reason", $0)], .number(Double(malformed[$0] ?? 0)))
                }
            ),
        ]
    }

    private func storageMetrics() -> [MetricFamily] {
        let pruned = pruning.figures
        return [
            gauge(
                "akashi_complete_from_height",
                "Everything from this height on is kept.",
                parts.store.stateFloor.number
            ),
            counter("akashi_pruned_keys_total", "Keys that pruning deleted since the start.", pruned.keys),
            counter(
                "akashi_pruned_bytes_total",
                "About the bytes of those keys and their values; they come free as storage compacts.",
                pruned.bytes
            ),
            MetricFamily(
                "akashi_storage_live_bytes",
                help: "Estimated live data per column family.",
                kind: .gauge,
                samples: ColumnFamily.allCases.map { family in
                    let size = parts.store.database.property("rocksdb.estimate-live-data-size", of: family) ?? 0
                    return .init(labels: [.init("family", family.name)], .number(Double(size)))
                }
            ),
        ]
    }

    private func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) -> MetricFamily {
        MetricFamily(name, help: help, kind: .gauge, number: Double(value))
    }

    private func counter(_ name: String, _ help: String, _ value: UInt64) -> MetricFamily {
        MetricFamily(name, help: help, kind: .counter, number: Double(value))
    }
}

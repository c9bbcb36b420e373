/// How often a peer is answered: what one small message asks for may be large, and a faulty peer may ask without end.
struct PeerBudget: Sendable {
    private var begin: UInt64 = 0
    private var spent = 0

    /// Counts one answer; false once `limit` were given within this interval.
    mutating func spend(now: UInt64, interval: UInt64, limit: Int) -> Bool {
        if now < begin || now - begin >= interval {
            begin = now
            spent = 0
        }
        guard spent < limit else { return false }
        spent += 1
        return true
    }
}

import Consensus
import Primitives

// How a simulated host executes, one batch after the other; with a model of the ledger, here.
extension Host {
    func enqueue(_ effect: Effect) {
        executions.append(effect)
        guard !isExecuting else { return }
        isExecuting = true
        world.scheduleExecution(of: self, life: life)
    }

    func onExecution(life: Int) {
        guard life == self.life, isUp else { return }
        guard let effect = executions.first else {
            isExecuting = false
            return
        }
        if disk == nil, case .execute(let execution) = effect, let missing = missingBodies(of: execution),
            !missing.isEmpty
        {
            world.broadcast(.fetch(missing), from: id)
            world.scheduleExecution(of: self, life: life, after: 60)
            return
        }
        executions.removeFirst()
        switch effect {
        case .execute(let execution) where disk != nil: execute([execution], header: nil)
        case .executePrepared(let list, let header) where disk != nil: execute(list, header: header)
        case .execute(let execution): execute(execution)
        case .executePrepared(let list, let header): executePrepared(list, header)
        default: break
        }
        guard isUp, life == self.life else { return }
        world.scheduleExecution(of: self, life: life)
    }

    private func missingBodies(of execution: Execution) -> [Digest]? {
        guard case .proposal(let proposal) = execution.batch else { return nil }
        return proposal.references.filter { !bodies.contains($0) }
    }

    private func execute(_ execution: Execution) {
        guard execution.sequence.height == chain.height.advanced(by: 1) else { return }
        keep(make(execution))
    }

    private func make(_ execution: Execution) -> Block {
        let block = chain.make(execution, mutations: world.options.hostMutations, stamp: replica?.view ?? .first)
        return miscomputes ? block.withOtherState() : block
    }

    private func keep(_ block: Block) {
        took(block)
        chain.append(block)
        store.append(.block(block))
        world.checker.checkExecuted(block, by: self)
        if !isByzantine { world.onExecuted(block) }
        world.note("\(id.index) executes \(block.trace)")
        step(.executed(block.summary))
    }

    /// All or nothing, on a copy.
    private func executePrepared(_ list: [Execution], _ header: Digest) {
        guard let last = list.last else { return }
        var copy = chain
        var blocks: [Block] = []
        for execution in list {
            guard execution.sequence.height == copy.height.advanced(by: 1) else { break }
            let block = copy.make(execution, mutations: world.options.hostMutations, stamp: replica?.view ?? .first)
            copy.append(block)
            blocks.append(block)
        }
        guard blocks.count == list.count, blocks.last?.summary.header == header else {
            return step(.discarded(last.sequence.height))
        }
        world.speculations += 1
        for block in blocks { if isUp { keep(block) } }
    }
}

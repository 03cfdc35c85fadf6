@_exported public import TestSeed

/// What became of work that was cancelled at random moments.
public struct CancelledRounds: Sendable {
    /// The numbers of the rounds that came to their end.
    public var done: [Int] = []
    /// The numbers of the rounds that threw, with what they threw.
    public var thrown: [Int: any Error] = [:]
}

/// Runs a piece of work again and again, some at a time, each cancelled at another moment: from at once to well after
/// the time that it takes undisturbed. The first round is not cancelled and the second at once.
///
/// - Parameters:
///   - width: how many run at the same time.
///   - seed: brings the same moments back.
public func cancelAtRandomMoments(
    rounds: Int, width: Int = 3, seed: UInt64, _ work: @escaping @Sendable (_ round: Int) async throws -> Void
) async throws -> CancelledRounds {
    let clock = ContinuousClock()
    // On a busy machine the first round may take long by chance; what is later than this is after the end.
    let length = min(try await clock.measure { try await work(0) }, .milliseconds(20))
    var generator = SeededGenerator(seed: seed)
    let moments = (1..<rounds).map { round in
        (round, round == 1 ? 0 : Double.random(in: 0..<1.5, using: &generator))
    }
    let result = Locked(CancelledRounds(done: [0]))
    let next = Locked(moments[...])
    try await within(.seconds(120)) {
        await withDiscardingTaskGroup { group in
            for _ in 0..<width {
                group.addTask {
                    while let (round, moment) = next.withLock({ $0.popFirst() }) {
                        let task = Task { try await work(round) }
                        // Finer than a timer can wait.
                        let due = clock.now + length * moment
                        while clock.now < due { await Task.yield() }
                        task.cancel()
                        let outcome = await task.result
                        result.withLock { all in
                            switch outcome {
                            case .success: all.done.append(round)
                            case .failure(let error): all.thrown[round] = error
                            }
                        }
                    }
                }
            }
        }
    }
    return result.withLock { $0 }
}

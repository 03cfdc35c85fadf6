import Testing

@testable import Postgres

@Suite("State of a connection")
struct ConnectionStateTests {
    private let cause = PostgresError.lost("gone")

    @Test(
        "a COPY lets nothing else run until it ends",
        arguments: [
            ConnectionState.Operation.harmless, .autocommit, .commit, .startCopyIn, .startCopyOut, .continueCopyOut,
        ])
    func copyExcludes(other: ConnectionState.Operation) throws {
        var state = ConnectionState()
        try state.begin(.startCopyIn)
        state.finish(block: .open, copies: true)
        #expect(state.phase == .copyingIn)
        #expect(throws: PostgresError.self) { try state.begin(other) }
        try state.begin(.continueCopyIn)
        state.finish(block: .open, copies: true)
        try state.begin(.endCopyIn)
        state.finish(block: .none)
        try state.begin(.harmless)
    }

    @Test(
        "the parts of a COPY need a COPY",
        arguments: [
            ConnectionState.Operation.continueCopyIn, .endCopyIn, .continueCopyOut,
        ])
    func partsNeedCopy(part: ConnectionState.Operation) {
        var state = ConnectionState()
        let error = #expect(throws: PostgresError.self) { try state.begin(part) }
        #expect(error?.code == .usage)
        #expect(state.phase == .ready)
    }

    @Test("a refused COPY leaves the connection ready")
    func refusedCopy() throws {
        var state = ConnectionState()
        try state.begin(.startCopyOut)
        state.finish(block: .failed)
        #expect(state.phase == .ready)
        #expect(state.block == .failed)
    }

    @Test("only one thing runs at a time")
    func oneAtATime() throws {
        var state = ConnectionState()
        try state.begin(.harmless)
        let error = #expect(throws: PostgresError.self) { try state.begin(.harmless) }
        #expect(error?.code == .usage)
    }

    @Test(
        "what a lost connection means depends on what was on its way",
        arguments: [
            (
                ConnectionState.Operation.commit, true, ConnectionState.Block.open,
                PostgresError.Code.commitOutcomeUnknown
            ),
            (.commit, false, .open, .connection), (.autocommit, true, .none, .commitOutcomeUnknown),
            (.autocommit, false, .none, .connection), (.autocommit, true, .open, .connection),
            (.harmless, true, .none, .connection), (.harmless, true, .open, .connection),
            (.startCopyIn, true, .none, .connection),
        ])
    func losing(
        operation: ConnectionState.Operation, isSent: Bool, block: ConnectionState.Block, code: PostgresError.Code
    ) throws {
        var state = ConnectionState()
        try state.begin(.harmless)
        state.finish(block: block)
        try state.begin(operation)
        if isSent { state.sent() }
        #expect(state.lose(cause).code == code)
        let later = #expect(throws: PostgresError.self) { try state.begin(.harmless) }
        #expect(later?.code == .connection)
    }

    @Test("losing the end of a COPY outside a transaction is an unknown outcome, inside it is not")
    func losingCopy() throws {
        for (block, code) in [
            (ConnectionState.Block.none, PostgresError.Code.commitOutcomeUnknown), (.open, .connection),
        ] {
            var state = ConnectionState()
            try state.begin(.harmless)
            state.finish(block: block)
            try state.begin(.startCopyIn)
            state.finish(block: .open, copies: true)
            try state.begin(.endCopyIn)
            state.sent()
            #expect(state.lose(cause).code == code)
        }
    }

    @Test("a transaction that the server ended for idling was not committed")
    func idleTimeout() throws {
        var state = ConnectionState()
        try state.begin(.commit)
        state.sent()
        var ended = cause
        ended.sqlState = .idleInTransactionTimeout
        #expect(state.lose(ended).code == .connection)
    }
}

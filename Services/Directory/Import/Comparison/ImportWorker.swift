import Contracts
import Foundation
import Logging
import Postgres
import ServiceKit

/// Works on imports one after the other: a first load where that is asked for, then the comparison.
struct ImportWorker: Sendable {
    let kit: ServiceContext
    private let timeout: Duration
    private let workMemory: Int
    private let limits: ImportLimits
    private let figureMonths: Int

    init(_ kit: ServiceContext) throws {
        self.kit = kit
        timeout = try kit.settings.duration("directory.imports.timeout")
        workMemory = try kit.settings.int("directory.imports.workMemory")
        limits = try ImportLimits(kit.settings)
        figureMonths = try kit.settings.int("directory.figures.months")
    }

    /// Everything that waits.
    func run() async throws {
        while try await step() {}
    }

    /// One step, all of it or nothing; false when nothing waits, or another process is at work.
    func step() async throws -> Bool {
        try await kit.pool.transaction(TransactionOptions(statementTimeout: timeout)) { transaction in
            guard let run = try await ImportStore.takeNext(in: transaction) else { return false }
            let table = StagingTable(run.subject, number: run.number)
            guard try await isWhole(run, table, in: transaction) else {
                try await lose(run, table, in: transaction)
                return true
            }
            // Another one may have been quicker since it was taken in.
            if let rule = try await outrun(run, in: transaction) {
                try await table.drop(in: transaction)
                try await ImportStore.refuse(run.id, nil, rule: rule, at: kit.time.now, in: transaction)
                kit.logger.error(
                    "an import was outrun by another one", metadata: ["import": "\(run.id)", "rule": "\(rule)"])
                return true
            }
            let loading = FirstLoad(kit: kit, run: run, table: table, transaction: transaction)
            if run.mode == .firstLoad, try await loading.step() { return true }
            try await compare(run, table, in: transaction)
            return true
        }
    }

    /// Why an import that waited is of no use any more; nothing when it still is.
    private func outrun(_ run: ImportRun, in transaction: PostgresTransaction) async throws -> String? {
        guard run.state == .staged, run.subject != .figures else { return nil }
        if run.mode == .firstLoad, try await ImportStore.isFilled(run.subject, in: transaction) {
            return "directory-not-empty"
        }
        let newest = try await ImportStore.newestCompared(of: run.subject, in: transaction)
        return newest.map { run.asOf < $0 } ?? false ? "import-outdated" : nil
    }

    /// The staging tables are not logged: a crash of the server empties them.
    private func isWhole(
        _ run: ImportRun, _ table: StagingTable, in transaction: PostgresTransaction
    ) async throws -> Bool {
        guard run.loadedTo == 0 else {
            return try await transaction.queryOptional("SELECT 1 AS one FROM \(identifier: table.name) LIMIT 1") != nil
        }
        return try await table.count(in: transaction) == run.usable
    }

    private func lose(_ run: ImportRun, _ table: StagingTable, in transaction: PostgresTransaction) async throws {
        try await table.drop(in: transaction)
        try await transaction.execute("DROP TABLE IF EXISTS \(identifier: FirstLoad.twins(of: run))")
        try await ImportStore.finish(run.id, as: .lost, at: kit.time.now, in: transaction)
        kit.logger.error(
            "the rows of an import were lost before they were compared; it has to be sent again",
            metadata: ["import": "\(run.id)"])
    }

    private func compare(_ run: ImportRun, _ table: StagingTable, in transaction: PostgresTransaction) async throws {
        try await transaction.execute("SELECT set_config('work_mem', \("\(workMemory)MB"), true)")
        let found = FoundDifferences(run: run, transaction: transaction)
        switch run.subject {
        case .figures: return try await enter(run, table, in: transaction)
        case .members: try await MemberComparison(run: run, transaction: transaction).compare()
        case .organizations: try await OrganizationComparison(run: run, transaction: transaction).compare()
        }
        let outcome = try await found.settle(staged: table, at: kit.time.now)
        try await table.drop(in: transaction)
        try await ImportStore.finish(
            run.id, as: .compared, opened: outcome.opened, closed: outcome.closed, at: kit.time.now, in: transaction)
        try await kit.audit.record(
            "import.compared", subject: "\(run.id)", actor: kit.service.source,
            details: ["opened": outcome.opened, "closed": outcome.closed], in: transaction)
    }

    /// Enters the figures of a file, or refuses all of it where too much is wrong.
    private func enter(_ run: ImportRun, _ table: StagingTable, in transaction: PostgresTransaction) async throws {
        let entry = FigureEntry(
            run: run, limits: limits, months: figureMonths, now: kit.time.now, transaction: transaction)
        do {
            let entered = try await entry.enter()
            try await ImportStore.finish(run.id, as: .compared, at: kit.time.now, in: transaction)
            try await kit.audit.record(
                "import.entered", subject: "\(run.id)", actor: kit.service.source, details: ["figures": entered],
                in: transaction)
        } catch is TooManyFaults {
            try await ImportStore.refuse(run.id, nil, at: kit.time.now, in: transaction)
            kit.logger.error("too much is wrong with a file of figures", metadata: ["import": "\(run.id)"])
        }
        try await table.drop(in: transaction)
    }
}

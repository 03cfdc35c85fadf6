import Contracts
import Foundation
import Logging
import Messaging
import Postgres
import RoutingDomain
import RoutingProcedures
import Synchronization

/// The definitions that cases run by: what the schema says holds for every process at once, and what this program brings
/// along stands in until the schema has it.
///
/// A published version never changes, so one that was read is kept; whether there is a further one is asked each time.
final class Definitions: Sendable {
    private struct Key: Hashable {
        let procedure: ProcedureCode
        let version: Int
    }

    private let own: ProcedureCatalogue
    private let logger: Logger
    private let read = Mutex<[Key: ProcedureDefinition]>([:])
    private let settled = Mutex(false)

    init(own: ProcedureCatalogue, logger: Logger) {
        self.own = own
        self.logger = logger
    }

    /// The definition that a case keeps; nil while it is not published, and for one that only a later program can read.
    func definition(
        _ procedure: ProcedureCode, version: Int, in session: any PostgresQueryable
    ) async throws -> ProcedureDefinition? {
        let key = Key(procedure: procedure, version: version)
        if let known = read.withLock({ $0[key] }) { return known }
        guard let found = try await Publication.find(procedure, version: version, in: session) else {
            return own.definition(procedure, version: version)
        }
        do {
            let definition = try ProcedureDefinition.read(yaml: found.yaml, file: "\(procedure)@\(version)")
            read.withLock { $0[key] = definition }
            return definition
        } catch {
            logger.error("a published definition cannot be read by this program", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// The same.
    ///
    /// - Throws: `NotYet` while it is not published, and for one that only a later program can read: what is to be done
    ///   with the case is done when it can be.
    func required(
        _ procedure: ProcedureCode, version: Int, in session: any PostgresQueryable
    ) async throws -> ProcedureDefinition {
        guard let definition = try await definition(procedure, version: version, in: session) else {
            throw NotYet(Self.name(procedure, version: version))
        }
        return definition
    }

    /// The newest definition of a procedure.
    func newest(
        _ procedure: ProcedureCode, in session: any PostgresQueryable
    ) async throws -> ProcedureDefinition? {
        let published = try await Publication.newest(of: procedure, in: session)
        let brought = own.newest.first { $0.procedure == procedure }?.version
        guard let version = [published, brought].compactMap({ $0 }).max() else { return nil }
        return try await definition(procedure, version: version, in: session)
    }

    /// Keeps in the schema what this program brings along, where the schema lacks it.
    func bring(by actor: String, at now: Date, in transaction: PostgresTransaction) async throws {
        let statements = own.all.map { written in
            Publication.bring(
                written.definition.procedure, version: written.definition.version, yaml: written.yaml, by: actor,
                at: now)
        }
        _ = try await transaction.pipeline(statements)
    }

    /// Whether the schema has what this program brings along, and what differs was told.
    var isSettled: Bool { settled.withLock { $0 } }

    func settle() { settled.withLock { $0 = true } }

    /// Tells of versions that this program brings along with another meaning than cases run by.
    func compare(in session: any PostgresQueryable) async throws {
        for brought in own.all.map(\.definition) {
            let running = try await definition(brought.procedure, version: brought.version, in: session)
            guard running != brought else { continue }
            logger.error(
                "a definition of the program differs from the published one, which holds: give it the next version",
                metadata: ["procedure": "\(brought.procedure)", "version": "\(brought.version)"])
        }
    }

    /// What a dossier waits for whose definition is not published yet.
    static func name(_ procedure: ProcedureCode, version: Int) -> String { "procedure:\(procedure)@\(version)" }
}

import Contracts
import Logging
import Messaging
import RoutingDomain

/// What Signing tells: results that are signed, and those that could not be.
enum ResultConsumer {
    static func definition(_ cases: Cases, logger: Logger) -> ConsumerDefinition {
        ConsumerDefinition(name: "routing.results", topics: [TopicCatalogue.results], kind: .effects)
            .on(ResultIssued.self) { message, scope in
                let result = message.payload
                // A result of a procedure that does not run here has no case, which is no fault.
                _ = try await cases.apply(
                    .resultIssued(document: result.documentType, version: result.version), to: result.dossierId,
                    actor: "service:signing", now: scope.now, in: scope.transaction, publisher: scope)
            }
            .on(ResultFailed.self) { message, _ in
                // The case goes on waiting: signing tries again, or an operator repairs what it lacks.
                let failure = message.payload
                logger.warning(
                    "a result could not be signed",
                    metadata: [
                        "dossier": "\(failure.dossierId)", "reason": "\(failure.reason)", "final": "\(failure.final)",
                    ])
            }
    }
}

import Contracts
import Messaging
import RoutingDomain

/// What Intake tells: dossiers that arrive, what is supplemented, and dossiers that are taken back.
enum DossierConsumer {
    static func definition(_ cases: Cases) -> ConsumerDefinition {
        ConsumerDefinition(name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects)
            .on(DossierSubmitted.self) { message, scope in
                try await cases.open(message.payload, now: scope.now, in: scope.transaction, publisher: scope)
            }
            .on(DossierSupplemented.self) { message, scope in
                try await cases.supplement(message.payload, in: scope)
            }
            .on(DossierWithdrawn.self) { message, scope in
                _ = try await cases.apply(
                    .withdraw, to: message.payload.dossierId, actor: "service:intake", now: scope.now,
                    in: scope.transaction, publisher: scope)
            }
    }
}
